/// Velocity and acceleration of a displacement series.
#pragma once

#include <span>

#include "common/raster/array.h"

namespace fringewatch::unwrapper {

/// Patch-shaped; NaN = too few dates.
struct VelocityMap {
  Array2<float> velocity_m_per_yr;       ///< slope of the straight line
  Array2<float> velocity_std_m_per_yr;   ///< NaN below 3 dates
  Array2<float> acceleration_m_per_yr2;  ///< second derivative of the parabola; NaN below 5 dates
  Array2<float> acceleration_std_m_per_yr2;
  Array2<float> velocity_gain;      ///< variance of the velocity per variance of a date, if dates err alone; 1/yr^2
  Array2<float> acceleration_gain;  ///< the same of the acceleration, 1/yr^4
};

/// Fits a straight line and a parabola to every pixel by least squares. `days` of each date (any origin),
/// `displacement_m` (date, row, col), NaN = missing date.
///
/// Sigmas hold two parts. What every date has for itself, as atmosphere, shows in the residuals: ordinary least
/// squares, for the line sqrt(SSR / (n - 2) / sum (t - mean t)^2). What the pairs hand on from date to date does not,
/// as a walk looks straight: `displacement_std_m` (of that shape, or empty: then this part is left out) grows along the
/// series as the variance of a random walk does, and its steps are propagated into both coefficients.
[[nodiscard]] VelocityMap FitVelocity(std::span<const double> days, const Array3<float>& displacement_m,
                                      const Array3<float>& displacement_std_m);

}  // namespace fringewatch::unwrapper
