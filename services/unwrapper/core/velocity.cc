#include "services/unwrapper/core/velocity.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/base/units.h"

namespace fringewatch::unwrapper {
namespace {

constexpr int kMinDatesOfParabola = 5;

/// Sums over the dates of one pixel; t in years from the middle of the series, x in metres.
struct Moments {
  double n = 0, t = 0, tt = 0, ttt = 0, tttt = 0, x = 0, tx = 0, ttx = 0, xx = 0;
};

struct Fit {
  double velocity = kMissing, velocity_std = kMissing, acceleration = kMissing, acceleration_std = kMissing;
};

/// The polynomials of a pixel's dates, u = t - mean t and q: both coefficients are sums of x times them.
struct Polynomials {
  double mean_t = 0, m2 = 0, slope = 0, level = 0, qq = 0;  ///< q = u^2 - slope u - level; qq = sum of q^2
  [[nodiscard]] double VelocityWeight(double t) const { return (t - mean_t) / m2; }
  [[nodiscard]] double AccelerationWeight(double t) const {
    const double u = t - mean_t;
    return 2 * (u * u - slope * u - level) / qq;
  }
};

/// Line and parabola by orthogonal polynomials 1, u = t - mean t, q = u^2 - (m3 / m2) u - m2 / n.
Fit FitPixel(const Moments& sum, Polynomials& polynomials) {
  Fit fit;
  if (sum.n < 2) return fit;
  const double n = sum.n, t = sum.t / n;
  const double m2 = sum.tt - n * t * t;
  const double m3 = sum.ttt - 3 * t * sum.tt + 2 * n * t * t * t;
  const double m4 = sum.tttt - 4 * t * sum.ttt + 6 * t * t * sum.tt - 3 * n * t * t * t * t;
  const double ux = sum.tx - t * sum.x;
  const double uux = sum.ttx - 2 * t * sum.tx + t * t * sum.x;
  fit.velocity = ux / m2;
  const double line_squares = std::max(0.0, sum.xx - sum.x * sum.x / n - ux * ux / m2);
  polynomials = {t, m2, 0, 0, 1};
  if (n > 2) fit.velocity_std = std::sqrt(line_squares / (n - 2) / m2);
  if (n < kMinDatesOfParabola) return fit;
  const double qq = m4 - m3 * m3 / m2 - m2 * m2 / n;
  polynomials = {t, m2, m3 / m2, m2 / n, qq};
  const double curvature = (uux - m3 / m2 * ux - m2 / n * sum.x) / qq;
  const double parabola_squares = std::max(0.0, line_squares - curvature * curvature * qq);
  fit.acceleration = 2 * curvature;
  fit.acceleration_std = 2 * std::sqrt(parabola_squares / (n - 3) / qq);
  return fit;
}

/// A variance about a fit that left `free` dates to spare, less what a walk adds to the residuals.
double Without(double variance, double free, double walk_squares) {
  return std::max(0.0, variance - walk_squares / free);
}

/// Puts what a random walk of the series' variance does to the coefficients of a pixel into their sigmas: the step that
/// leads to date k moves it and all later ones. What the walk leaves in the residuals is not counted twice.
void AddWalk(const std::vector<double>& years, const Array3<float>& displacement_m,
             const Array3<float>& displacement_std_m, size_t pixel, const Polynomials& polynomials, Fit& fit) {
  double later_velocity = 0, later_acceleration = 0, later_dates = 0;
  double velocity = 0, acceleration = 0, mean = 0, total = 0, variance_after = -1;
  for (int k = displacement_m.planes; k-- > 0;) {
    const double x = displacement_m.plane(k)[pixel], sigma = displacement_std_m.plane(k)[pixel];
    if (std::isnan(x) || std::isnan(sigma)) continue;
    const double variance = variance_after < 0 ? sigma * sigma : std::min(sigma * sigma, variance_after);
    if (variance_after >= 0) {
      const double step = variance_after - variance;
      velocity += step * later_velocity * later_velocity;
      acceleration += step * later_acceleration * later_acceleration;
      mean += step * later_dates * later_dates;
    }
    later_velocity += polynomials.VelocityWeight(years[k]);
    later_acceleration += polynomials.AccelerationWeight(years[k]);
    later_dates += 1;
    total += variance;
    variance_after = variance;
  }
  // Expected squares about the mean, the line and the parabola: each coefficient takes its own share away.
  const double n = later_dates, line_squares = total - mean / n - polynomials.m2 * velocity;
  const double parabola_squares = line_squares - polynomials.qq / 4 * acceleration;
  const double per_date = fit.velocity_std * fit.velocity_std * polynomials.m2;
  fit.velocity_std = std::sqrt(Without(per_date, n - 2, line_squares) / polynomials.m2 + velocity);
  const double per_date_of_parabola = fit.acceleration_std * fit.acceleration_std * polynomials.qq / 4;
  fit.acceleration_std =
      std::sqrt(4 * Without(per_date_of_parabola, n - 3, parabola_squares) / polynomials.qq + acceleration);
}

}  // namespace

VelocityMap FitVelocity(std::span<const double> days, const Array3<float>& displacement_m,
                        const Array3<float>& displacement_std_m) {
  const int rows = displacement_m.rows, cols = displacement_m.cols;
  const Array2<float> nothing(rows, cols, kMissing);
  VelocityMap map{nothing, nothing, nothing, nothing, nothing, nothing};
  if (days.empty()) return map;
  const double middle = (days.front() + days.back()) / 2;
  std::vector<double> years;
  for (const double day : days) years.push_back((day - middle) / kDaysPerYear);
  std::vector<Moments> sums(cols);
  for (int r = 0; r < rows; ++r) {
    sums.assign(cols, {});
    for (int k = 0; k < displacement_m.planes; ++k) {
      const double t = years[k];
      for (int c = 0; c < cols; ++c) {
        const double x = displacement_m(k, r, c);
        if (std::isnan(x)) continue;
        Moments& sum = sums[c];
        sum.n += 1;
        sum.t += t;
        sum.tt += t * t;
        sum.ttt += t * t * t;
        sum.tttt += t * t * t * t;
        sum.x += x;
        sum.tx += t * x;
        sum.ttx += t * t * x;
        sum.xx += x * x;
      }
    }
    for (int c = 0; c < cols; ++c) {
      Polynomials polynomials;
      Fit fit = FitPixel(sums[c], polynomials);
      const size_t pixel = map.velocity_m_per_yr.index(r, c);
      if (!displacement_std_m.empty() && sums[c].n > 2) {
        AddWalk(years, displacement_m, displacement_std_m, pixel, polynomials, fit);
      }
      map.velocity_m_per_yr(r, c) = static_cast<float>(fit.velocity);
      map.velocity_std_m_per_yr(r, c) = static_cast<float>(fit.velocity_std);
      map.acceleration_m_per_yr2(r, c) = static_cast<float>(fit.acceleration);
      map.acceleration_std_m_per_yr2(r, c) = static_cast<float>(fit.acceleration_std);
      if (!std::isnan(fit.velocity)) map.velocity_gain(r, c) = static_cast<float>(1 / polynomials.m2);
      if (!std::isnan(fit.acceleration)) map.acceleration_gain(r, c) = static_cast<float>(4 / polynomials.qq);
    }
  }
  return map;
}

}  // namespace fringewatch::unwrapper
