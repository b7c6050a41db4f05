/// SIGTERM and SIGINT as something that threads can wait for.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace fringewatch::service {

/// From now on SIGTERM and SIGINT ask this process to drain. A second signal ends it at once (128 + its number).
/// A peer that hangs up is an error of the write, not a signal (SIGPIPE). Call first in main, before any thread
/// starts.
void CatchTermination();

/// True once asked to drain (by a signal, or by AskToDrain).
[[nodiscard]] bool Draining();
/// As a signal would; for tests and for a part of the process that cannot go on.
void AskToDrain();
/// Waits until `time` has passed or draining begins; true when it began.
bool WaitForDrain(std::chrono::milliseconds time);
/// Waits until draining begins.
void WaitForDrain();

/// Calls `action` in a thread of its own when draining begins. Its end waits for that.
class OnDrain {
 public:
  explicit OnDrain(std::function<void()> action);
  ~OnDrain();
  OnDrain(const OnDrain&) = delete;
  OnDrain& operator=(const OnDrain&) = delete;

 private:
  std::thread thread_;
};

/// For tests that drain more than once in a process.
void ForgetDraining();

}  // namespace fringewatch::service
