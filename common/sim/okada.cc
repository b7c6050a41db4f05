#include "common/sim/okada.h"

#include <cmath>

#include "common/base/units.h"

namespace fringewatch::sim {
namespace {

constexpr double kMediumRatio = 0.5;  // mu / (lambda + mu) of a Poisson solid

/// Equations (25) to (30) at one corner (xi, eta) of Chinnery's notation, before the factor 1 / 2 pi.
std::array<double, 3> Corner(const OkadaFault& fault, double xi, double eta, double q) {
  const double sin_dip = std::sin(fault.dip_rad), cos_dip = std::cos(fault.dip_rad);
  const double r = std::sqrt(xi * xi + eta * eta + q * q), x = std::sqrt(xi * xi + q * q);
  const double y_tilde = eta * cos_dip + q * sin_dip, d_tilde = eta * sin_dip - q * cos_dip;
  const double r_d = r + d_tilde;
  const bool on_eta = r + eta < 1e-12 * r;  // limits of the paper where the point lies on a prolonged edge
  const double log_eta = on_eta ? -std::log(r - eta) : std::log(r + eta);
  const double over_eta = on_eta ? 0.0 : 1.0 / (r * (r + eta));
  const double over_xi = r + xi < 1e-12 * r ? 0.0 : 1.0 / (r * (r + xi));
  const double angle = q == 0.0 ? 0.0 : std::atan(xi * eta / (q * r));

  double i1, i3, i4, i5;
  if (std::abs(cos_dip) > 1e-6) {
    i5 = xi == 0.0 ? 0.0
                   : kMediumRatio * 2.0 / cos_dip *
                         std::atan((eta * (x + q * cos_dip) + x * (r + x) * sin_dip) / (xi * (r + x) * cos_dip));
    i4 = kMediumRatio / cos_dip * (std::log(r_d) - sin_dip * log_eta);
    i3 = kMediumRatio * (y_tilde / (cos_dip * r_d) - log_eta) + sin_dip / cos_dip * i4;
    i1 = -kMediumRatio * xi / (cos_dip * r_d) - sin_dip / cos_dip * i5;
  } else {
    i5 = -kMediumRatio * xi * sin_dip / r_d;
    i4 = -kMediumRatio * q / r_d;
    i3 = kMediumRatio / 2.0 * (eta / r_d + y_tilde * q / (r_d * r_d) - log_eta);
    i1 = -kMediumRatio / 2.0 * xi * q / (r_d * r_d);
  }
  const double i2 = -kMediumRatio * log_eta - i3;

  const double s = -fault.strike_slip, d = -fault.dip_slip, t = fault.opening;
  const double q_eta = on_eta ? 0.0 : q / (r + eta), wedge = xi * q * over_eta - angle;
  const double sc = sin_dip * cos_dip, ss = sin_dip * sin_dip;
  return {s * (xi * q * over_eta + angle + i1 * sin_dip) + d * (q / r - i3 * sc) + t * (q * q * over_eta - i3 * ss),
          s * (y_tilde * q * over_eta + q_eta * cos_dip + i2 * sin_dip) +
              d * (y_tilde * q * over_xi + cos_dip * angle - i1 * sc) +
              t * (-d_tilde * q * over_xi - sin_dip * wedge - i1 * ss),
          s * (d_tilde * q * over_eta + q_eta * sin_dip + i4 * sin_dip) +
              d * (d_tilde * q * over_xi + sin_dip * angle - i5 * sc) +
              t * (y_tilde * q * over_xi + cos_dip * wedge - i5 * ss)};
}

}  // namespace

std::array<double, 3> OkadaDisplacement(const OkadaFault& fault, double x, double y) {
  const double sin_dip = std::sin(fault.dip_rad), cos_dip = std::cos(fault.dip_rad);
  const double p = y * cos_dip + fault.depth * sin_dip, q = y * sin_dip - fault.depth * cos_dip;
  const auto a = Corner(fault, x, p, q), b = Corner(fault, x, p - fault.width, q);
  const auto c = Corner(fault, x - fault.length, p, q), e = Corner(fault, x - fault.length, p - fault.width, q);
  std::array<double, 3> u;
  for (int i = 0; i < 3; ++i) u[i] = (a[i] - b[i] - c[i] + e[i]) / kTwoPi;
  return u;
}

}  // namespace fringewatch::sim
