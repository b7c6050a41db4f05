/// A run's velocities against another program's velocity map of the same ground.
#pragma once

#include <string>
#include <vector>

#include "common/raster/array.h"

namespace fringewatch::results {

/// Line through (reference, found) over the pixels that both have. Rates in mm/yr.
struct VelocityComparison {
  std::string name;  ///< site id, or "all sites"
  long pixels = 0;
  double correlation = 0;   ///< Pearson; NaN below 3 pixels or without spread
  double slope = 0;         ///< found per reference, least squares
  double offset_mm_yr = 0;  ///< mean of found minus reference: the two have different reference areas
  double rmse_mm_yr = 0;    ///< after removal of that offset
};

/// Two rasters of one shape, NaN = missing; `inside` chooses the pixels (nonzero), empty = all.
[[nodiscard]] VelocityComparison CompareVelocities(const std::string& name, const Array2<float>& found_mm_yr,
                                                   const Array2<float>& reference_mm_yr, const Array2<uint8_t>& inside);

/// A table for people.
[[nodiscard]] std::string ToText(const std::vector<VelocityComparison>& comparisons);
/// The same as a JSON list; NaN becomes null.
[[nodiscard]] std::string ToJson(const std::vector<VelocityComparison>& comparisons);

}  // namespace fringewatch::results
