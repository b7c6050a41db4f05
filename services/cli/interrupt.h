/// Ctrl-C and SIGTERM as a flag that long loops look at between tasks.
#pragma once

namespace fringewatch::cli {

/// From now on the first SIGINT or SIGTERM sets the flag; a second one ends the process at once.
void CatchInterrupts();
[[nodiscard]] bool Interrupted();

}  // namespace fringewatch::cli
