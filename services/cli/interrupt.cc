#include "services/cli/interrupt.h"

#include <algorithm>
#include <csignal>
#include <thread>

namespace fringewatch::cli {
namespace {

volatile std::sig_atomic_t interrupted = 0;

void OnSignal(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void CatchInterrupts() {
  std::signal(SIGINT, OnSignal);
  std::signal(SIGTERM, OnSignal);
}

bool Interrupted() { return interrupted != 0; }

void SleepUnlessInterrupted(std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  for (auto now = std::chrono::steady_clock::now(); now < until && !Interrupted();
       now = std::chrono::steady_clock::now()) {
    std::this_thread::sleep_until(std::min(until, now + std::chrono::milliseconds(100)));
  }
}

}  // namespace fringewatch::cli
