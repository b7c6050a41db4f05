/// The operator's settings of sources as the limits that readers keep.
#pragma once

#include "common/io/source_rules.h"
#include "common/service/backends.h"

namespace fringewatch::worker {

[[nodiscard]] io::SourceLimits LimitsOf(const service::SourceSettings& sources);

}  // namespace fringewatch::worker
