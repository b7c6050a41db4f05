/// Which sources a service may open: `sources.`, the same in all of them.
#pragma once

#include <string>
#include <vector>

#include "common/io/source_rules.h"
#include "common/service/settings.h"

namespace fringewatch::process {

/// Declares them under `sources.`, with the rules of io::FaultsOf.
void Declare(service::Settings& settings, io::SourceLimits& sources);

/// Warnings for service::LogExposures: no roots are set.
[[nodiscard]] std::vector<std::string> Exposures(const io::SourceLimits& sources);

}  // namespace fringewatch::process
