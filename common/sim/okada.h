/// Surface displacement of a rectangular dislocation in an elastic half space (Okada 1985).
#pragma once

#include <array>

namespace fringewatch::sim {

/// Fault coordinates: x along strike, y horizontal across it towards the up-dip side, z up; lengths in one unit.
/// The fault covers 0 <= x <= length and rises `width` up dip from its lower edge at depth `depth`.
struct OkadaFault {
  double depth = 1.0;  ///< of the lower edge; depth >= width sin(dip)
  double dip_rad = 0.7;
  double length = 1.0;
  double width = 1.0;
  double strike_slip = 0.0;  ///< left-lateral positive
  double dip_slip = 0.0;     ///< thrust positive
  double opening = 0.0;
};

/// (ux, uy, uz) at the surface point (x, y), in the unit of the slips. Poisson's ratio 0.25.
[[nodiscard]] std::array<double, 3> OkadaDisplacement(const OkadaFault& fault, double x, double y);

}  // namespace fringewatch::sim
