/// Displacement over time of a site: the mean over its good pixels, or one pixel.
#pragma once

#include <string>
#include <vector>

#include "common/base/date.h"
#include "common/base/status.h"
#include "services/results/core/product.h"

namespace fringewatch::results {

/// Millimetres in the line of sight, towards the satellite, against the first date; NaN = missing.
struct DisplacementSeries {
  std::vector<Date> dates;
  std::vector<double> displacement_mm, displacement_std_mm;
  double vel_mm_yr = 0, vel_std_mm_yr = 0;
  int pixels = 0;     ///< that the mean is taken over
  std::string flags;  ///< words, comma separated
};

/// Over the pixels inside the outline that have a velocity; as Summarise. `site` has a series.
[[nodiscard]] DisplacementSeries MeanSeries(const SiteRecord& site);

/// One pixel of the frame. \error kUnknownName when it lies outside the outline, or has no data
[[nodiscard]] StatusOr<DisplacementSeries> PixelSeries(const SiteRecord& site, int row, int col);

}  // namespace fringewatch::results
