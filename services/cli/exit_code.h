/// Exit codes of every command, the same for people and scripts.
#pragma once

#include <string_view>

#include "common/base/status.h"

namespace fringewatch::cli {

enum class ExitCode : int {
  kDone = 0,
  kBadInput = 1,
  kUsage = 2,
  kUnavailable = 3,  ///< this machine or a service could not do it now: memory, device, server
  kPartial = 4,      ///< finished with parts missing, or interrupted: run again to complete
};

[[nodiscard]] ExitCode ExitCodeOf(const Status& status);

/// Of a run in this state ("PARTIAL"): kPartial for PARTIAL and CANCELLED, kBadInput for FAILED, else kDone.
[[nodiscard]] ExitCode ExitCodeOfRun(std::string_view state);

/// Prints "error: ..." on stderr, unless the status is OK, and gives its exit code.
[[nodiscard]] ExitCode Report(const Status& status);

}  // namespace fringewatch::cli
