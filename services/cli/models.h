/// Where the shipped networks lie.
#pragma once

#include <string>

#include "common/base/status.h"

namespace fringewatch::cli {

/// `option` when given; else $FRINGEWATCH_MODELS; else ../share/fringewatch/models beside the program (installed);
/// else deploy/models of the source tree the program was built in.
/// \error kModelRefused when no such folder exists, with the places looked at.
[[nodiscard]] StatusOr<std::string> FindModels(const std::string& option);

}  // namespace fringewatch::cli
