/// The report's panel of one site: series with error band, velocity map, figures.
#pragma once

#include <string>

#include "services/results/app/report_html.h"

namespace fringewatch::results {

/// An HTML `<article>`; `rank` counts from 1. \error kInternal when the velocity map cannot be encoded.
[[nodiscard]] StatusOr<std::string> SitePanel(const SiteRecord& site, const SiteSummary& summary, size_t rank,
                                              const Track& track);

}  // namespace fringewatch::results
