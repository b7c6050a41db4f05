/// Velocity and acceleration of a displacement series.
#pragma once

#include <span>

#include "common/raster/array.h"

namespace fringewatch::unwrapper {

/// Patch-shaped; NaN = too few dates.
struct VelocityMap {
  Array2<float> velocity_m_per_yr;       ///< slope of the straight line
  Array2<float> velocity_std_m_per_yr;   ///< from its residuals; NaN below 3 dates
  Array2<float> acceleration_m_per_yr2;  ///< second derivative of the parabola; NaN below 5 dates
  Array2<float> acceleration_std_m_per_yr2;
};

/// Fits a straight line and a parabola to every pixel by least squares. `days` of each date (any origin),
/// `displacement_m` (date, row, col), NaN = missing date. Sigmas are those of ordinary least squares with the
/// residual variance, independent dates assumed: for the line sqrt(SSR / (n - 2) / sum (t - mean t)^2).
[[nodiscard]] VelocityMap FitVelocity(std::span<const double> days, const Array3<float>& displacement_m);

}  // namespace fringewatch::unwrapper
