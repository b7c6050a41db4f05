/// The displacement series of a site as a chart: mean and fastest pixel, each with its one-sigma band.
#pragma once

#include <string>
#include <vector>

#include "common/base/date.h"
#include "services/results/core/product.h"

namespace fringewatch::results {

/// An SVG figure; millimetres over dates. Missing values break the line. `label` is escaped.
[[nodiscard]] std::string SeriesSvg(const SiteSummary& summary, const std::vector<Date>& dates,
                                    const std::string& label);

}  // namespace fringewatch::results
