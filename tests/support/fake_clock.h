/// A clock for tests: time passes when the test says so, and waiting takes no time.
#pragma once

#include "common/base/clock.h"

namespace fringewatch {

/// Waiting moves the time to its end at once: a single-threaded test never blocks. Thread-safe.
class FakeClock final : public Clock {
 public:
  [[nodiscard]] TimePoint Now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  void Wait(std::condition_variable&, std::unique_lock<std::mutex>&, TimePoint until) override {
    const std::lock_guard lock(mutex_);
    now_ = std::max(now_, until);
  }
  void Advance(std::chrono::milliseconds time) {
    const std::lock_guard lock(mutex_);
    now_ += time;
  }

 private:
  mutable std::mutex mutex_;
  TimePoint now_;
};

}  // namespace fringewatch
