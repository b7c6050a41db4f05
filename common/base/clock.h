/// Time as something that is passed in, so that leases and waits can be tested without sleeping.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace fringewatch {

/// Monotonic time. Thread-safe.
class Clock {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint Now() const = 0;
  /// Returns when `changed` is notified, when the time is `until`, or earlier; callers wait in a loop.
  virtual void Wait(std::condition_variable& changed, std::unique_lock<std::mutex>& lock, TimePoint until) = 0;
};

/// The machine's own clock.
class SteadyClock final : public Clock {
 public:
  [[nodiscard]] TimePoint Now() const override { return std::chrono::steady_clock::now(); }
  void Wait(std::condition_variable& changed, std::unique_lock<std::mutex>& lock, TimePoint until) override {
    changed.wait_until(lock, until);
  }
};

}  // namespace fringewatch
