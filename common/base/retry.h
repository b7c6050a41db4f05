/// Which failures are worth another attempt. One table for queues, clients and workers.
#pragma once

#include "common/base/status.h"

namespace fringewatch {

/// True for failures that may pass by themselves: UNAVAILABLE, DEADLINE_EXCEEDED, ABORTED, RESOURCE_EXHAUSTED.
/// Everything else is final: the same input would fail again.
[[nodiscard]] inline bool IsRetryable(const Status& status) {
  switch (status.code()) {
    case StatusCode::kUnavailable:
    case StatusCode::kDeadlineExceeded:
    case StatusCode::kAborted:
    case StatusCode::kResourceExhausted: return true;
    default: return false;
  }
}

}  // namespace fringewatch
