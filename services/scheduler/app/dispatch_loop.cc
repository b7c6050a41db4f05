#include "services/scheduler/app/dispatch_loop.h"

#include <exception>
#include <string>
#include <utility>

#include "common/service/log.h"

namespace fringewatch::scheduler {

void WakeUp::Ring() {
  {
    const std::lock_guard lock(mutex_);
    rung_ = true;
  }
  changed_.notify_all();
}

void WakeUp::End() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
}

bool WakeUp::Wait(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [this] { return rung_ || ended_; });
  rung_ = false;
  return !ended_;
}

DispatchLoop::DispatchLoop(Dispatcher& dispatcher, WakeUp& wake_up, const DispatchTimes& times,
                           std::function<void(const Status&)> after_step)
    : dispatcher_(dispatcher), wake_up_(wake_up), times_(times), after_step_(std::move(after_step)), thread_([this] {
        Loop();
      }) {}

DispatchLoop::~DispatchLoop() {
  wake_up_.End();
  thread_.join();
}

Status DispatchLoop::TryToStep(Dispatcher::Look look) {
  try {
    return dispatcher_.Step(look);
  } catch (const std::exception& error) {
    return Error(Fault::kInternal, "exception: {}", error.what());
  } catch (...) {
    return Error(Fault::kInternal, "exception of an unknown kind");
  }
}

void DispatchLoop::Loop() {
  using std::chrono::steady_clock;
  std::string trouble;
  steady_clock::time_point next_survey = steady_clock::now();
  do {
    const bool survey = steady_clock::now() >= next_survey;
    const Status status = TryToStep(survey ? Dispatcher::Look::kAll : Dispatcher::Look::kActive);
    if (survey && status.ok()) next_survey = steady_clock::now() + times_.survey;
    // Said once, not at every tick.
    if (const std::string now = MessageOf(status); now != trouble) {
      trouble = now;
      const auto level = status.ok() ? service::LogLevel::kInfo : service::LogLevel::kError;
      service::Log(level, status.ok() ? "dispatching goes on" : trouble);
    }
    after_step_(status);
  } while (wake_up_.Wait(times_.tick));
}

}  // namespace fringewatch::scheduler
