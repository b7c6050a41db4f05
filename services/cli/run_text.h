/// Runs in words: for tables and sentences.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <ostream>
#include <string>

#include "fringewatch/v1/jobs.pb.h"
#include "services/cli/console.h"

namespace fringewatch::cli {

/// SUCCEEDED, PARTIAL, FAILED and CANCELLED: the run goes on only if it is told to.
[[nodiscard]] bool HasEnded(v1::RunState state);
/// ExitCodeOfRun; kDone for runs that go on.
[[nodiscard]] ExitCode ExitCodeOf(v1::RunState state);
/// "2026-11-21 15:04:05" UTC; "-" when it is not set.
[[nodiscard]] std::string TimeText(const google::protobuf::Timestamp& time);
/// "run 1a2b3c4d5e6f: PARTIAL", then its reasons, one per line.
void PrintState(std::ostream& out, const v1::Run& run);

}  // namespace fringewatch::cli
