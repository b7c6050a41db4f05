/// Matchers for Status and StatusOr: EXPECT_THAT(Push(task), IsOk()), EXPECT_THAT(Get(key),
/// IsFault(Fault::kNotReadable)).
#pragma once

#include <gmock/gmock.h>

#include <string>

#include "common/base/status.h"

namespace fringewatch {

inline const Status& StatusOf(const Status& status) { return status; }
template <typename T>
const Status& StatusOf(const StatusOr<T>& result) {
  return result.status();
}

MATCHER(IsOk, "is OK") {
  *result_listener << MessageOf(StatusOf(arg));
  return StatusOf(arg).ok();
}

/// The domain code, and with it the canonical code.
MATCHER_P(IsFault, fault, "is FW-" + std::to_string(static_cast<int>(fault))) {
  *result_listener << MessageOf(StatusOf(arg));
  return StatusOf(arg).code() == CodeOf(fault) &&
         MessageOf(StatusOf(arg)).find("FW-" + std::to_string(static_cast<int>(fault))) != std::string::npos;
}

}  // namespace fringewatch
