/// Where a client command writes, and how it is interrupted: the terminal, or the strings of a test.
#pragma once

#include <chrono>
#include <functional>
#include <ostream>

#include "services/cli/exit_code.h"
#include "services/cli/interrupt.h"

namespace fringewatch::cli {

/// What a command prints for people (a table) or for programs (JSON, stable field names).
enum class Output { kTable, kJson };

/// The streams must outlive it.
struct Console {
  std::ostream& out;      ///< the answer
  std::ostream& err;      ///< errors and progress
  bool terminal = false;  ///< err is a terminal: a bar that moves; else plain lines
  int columns = 80;       ///< of the terminal
  std::function<bool()> interrupted = Interrupted;
  /// Waits before a lost server is asked again; returns earlier when interrupted.
  std::function<void(std::chrono::milliseconds)> pause = SleepUnlessInterrupted;
};

/// The process' own streams.
[[nodiscard]] Console StandardConsole();

/// Prints "error: ..." on `err`, unless the status is OK, and gives its exit code.
[[nodiscard]] ExitCode Report(const Console& console, const Status& status);

}  // namespace fringewatch::cli
