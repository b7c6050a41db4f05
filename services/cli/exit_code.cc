#include "services/cli/exit_code.h"

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

}  // namespace fringewatch::cli
