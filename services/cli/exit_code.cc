#include "services/cli/exit_code.h"

#include <cstdio>

namespace fringewatch::cli {

ExitCode ExitCodeOf(const Status& status) {
  switch (status.code()) {
    case StatusCode::kOk: return ExitCode::kDone;
    case StatusCode::kCancelled: return ExitCode::kPartial;
    case StatusCode::kUnavailable:
    case StatusCode::kResourceExhausted:
    case StatusCode::kDeadlineExceeded:
    case StatusCode::kInternal: return ExitCode::kUnavailable;
    default: return ExitCode::kBadInput;
  }
}

ExitCode ExitCodeOfRun(std::string_view state) {
  if (state == "PARTIAL" || state == "CANCELLED") return ExitCode::kPartial;
  return state == "FAILED" ? ExitCode::kBadInput : ExitCode::kDone;
}

ExitCode Report(const Status& status) {
  std::fflush(stdout);  // what was printed before the error is read before it
  if (!status.ok()) fmt::print(stderr, "error: {}\n", MessageOf(status));
  return ExitCodeOf(status);
}

}  // namespace fringewatch::cli
