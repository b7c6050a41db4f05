/// Units and constants used everywhere. See docs/science/conventions.md.
#pragma once

#include <cmath>
#include <limits>
#include <numbers>

namespace fringewatch {

inline constexpr double kSpeedOfLight_m_per_s = 299792458.0;
inline constexpr double kDaysPerYear = 365.25;
inline constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();
inline constexpr double kPi = std::numbers::pi;
inline constexpr double kTwoPi = 2.0 * std::numbers::pi;

/// Displacement (m, towards the satellite) of one radian of phase: -wavelength / (4 pi).
[[nodiscard]] constexpr double MetresPerRadian(double wavelength_m) { return -wavelength_m / (4.0 * kPi); }

}  // namespace fringewatch
