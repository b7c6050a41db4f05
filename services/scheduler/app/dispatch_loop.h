/// The thread in which the dispatcher steps.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "services/scheduler/app/dispatcher.h"

namespace fringewatch::scheduler {

/// What the dispatcher's thread waits for: its tick, or somebody who needs it now. Thread-safe.
class WakeUp {
 public:
  void Ring();
  /// Until Ring (also one since the last wait), End, or `time` has passed. False after End.
  [[nodiscard]] bool Wait(std::chrono::milliseconds time);
  void End();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false, ended_ = false;
};

/// How often to look at the active runs, and at all: those that another scheduler accepted or resumed.
struct DispatchTimes {
  std::chrono::milliseconds tick{500};
  std::chrono::milliseconds survey{15'000};
};

/// Steps in a thread of its own: every tick, and at once when woken, until it is destroyed.
class DispatchLoop {
 public:
  /// `after_step` hears the answer of every step. The references must outlive it.
  DispatchLoop(Dispatcher& dispatcher, WakeUp& wake_up, const DispatchTimes& times,
               std::function<void(const Status&)> after_step);
  ~DispatchLoop();
  DispatchLoop(const DispatchLoop&) = delete;
  DispatchLoop& operator=(const DispatchLoop&) = delete;

 private:
  void Loop();
  /// What is thrown must not end the process: the next step may be a better one.
  [[nodiscard]] Status TryToStep(Dispatcher::Look look);

  Dispatcher& dispatcher_;
  WakeUp& wake_up_;
  const DispatchTimes times_;
  const std::function<void(const Status&)> after_step_;
  std::thread thread_;
};

}  // namespace fringewatch::scheduler
