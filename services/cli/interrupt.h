/// Ctrl-C and SIGTERM as a flag that long loops look at between tasks.
#pragma once

#include <chrono>

namespace fringewatch::cli {

/// From now on the first SIGINT or SIGTERM sets the flag; a second one ends the process at once.
void CatchInterrupts();
[[nodiscard]] bool Interrupted();
/// Returns after `time`, or within 0.1 s after an interrupt.
void SleepUnlessInterrupted(std::chrono::milliseconds time);

}  // namespace fringewatch::cli
