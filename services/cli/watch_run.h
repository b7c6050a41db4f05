/// Following a run to its end, over connections that break.
#pragma once

#include <string>

#include "services/cli/client_connection.h"
#include "services/cli/console.h"

namespace fringewatch::cli {

/// Shows the run's progress until it ends: a bar on a terminal, else a line per tenth, all on console.err; JSON, one
/// message per line, on console.out. Gives the exit code of the run's final state. A stream that breaks is opened
/// again, with growing pauses, for five minutes. An interrupt ends the watching, never the run.
/// `known`: the server has answered for this run before; otherwise the first failure is final.
/// \error those of WatchRun; kServiceAway; kInterrupted, with the command that goes on
[[nodiscard]] StatusOr<ExitCode> FollowRun(const Connection& connection, const std::string& run_id, Output output,
                                           const Console& console, bool known);

}  // namespace fringewatch::cli
