#include "common/service/shutdown.h"

#include <signal.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <utility>

namespace fringewatch::service {
namespace {

struct Drain {
  std::mutex mutex;
  std::condition_variable asked;
  bool draining = false;
};

/// Never destroyed: the signal thread may outlive main.
Drain& TheDrain() {
  static Drain* drain = new Drain;
  return *drain;
}

void Set(bool draining) {
  Drain& drain = TheDrain();
  {
    const std::lock_guard lock(drain.mutex);
    drain.draining = draining;
  }
  drain.asked.notify_all();
}

}  // namespace

void CatchTermination() {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t termination;
  ::sigemptyset(&termination);
  ::sigaddset(&termination, SIGTERM);
  ::sigaddset(&termination, SIGINT);
  // Blocked in this thread and all that it starts: only the thread below takes them, so no code runs in a handler.
  ::pthread_sigmask(SIG_BLOCK, &termination, nullptr);
  std::thread([termination] {
    int number = 0;
    ::sigwait(&termination, &number);
    AskToDrain();
    ::sigwait(&termination, &number);
    std::_Exit(128 + number);
  }).detach();
}

bool Draining() {
  Drain& drain = TheDrain();
  const std::lock_guard lock(drain.mutex);
  return drain.draining;
}

void AskToDrain() { Set(true); }

bool WaitForDrain(std::chrono::milliseconds time) {
  Drain& drain = TheDrain();
  std::unique_lock lock(drain.mutex);
  return drain.asked.wait_for(lock, time, [&drain] { return drain.draining; });
}

void WaitForDrain() {
  Drain& drain = TheDrain();
  std::unique_lock lock(drain.mutex);
  drain.asked.wait(lock, [&drain] { return drain.draining; });
}

OnDrain::OnDrain(std::function<void()> action)
    : thread_([action = std::move(action)] {
        WaitForDrain();
        action();
      }) {}

OnDrain::~OnDrain() { thread_.join(); }

void ForgetDraining() { Set(false); }

}  // namespace fringewatch::service
