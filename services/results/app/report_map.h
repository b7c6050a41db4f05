/// The map of the report: background, site outlines coloured by velocity, coordinates, scale bar.
#pragma once

#include <string>
#include <vector>

#include "services/results/app/report_html.h"

namespace fringewatch::results {

/// An SVG figure. `summaries` belong to the sites of the inventory, in order; `limit_mm_yr` ends the colour scale.
/// \error kInternal when the background cannot be encoded.
[[nodiscard]] StatusOr<std::string> MapSvg(const ReportInput& input, const std::vector<SiteSummary>& summaries,
                                           double limit_mm_yr);

}  // namespace fringewatch::results
