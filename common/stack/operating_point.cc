#include "common/stack/operating_point.h"

#include <cmath>

namespace fringewatch {

StatusOr<double> ThresholdFor(double false_sites, const std::vector<OperatingPoint>& points) {
  if (points.empty()) {
    return Error(
        Fault::kBadOption,
        "{} false sites per 1,000 km2 are asked for, but these networks were never measured (their card has no "
        "operating_points; `detect_bench --card` writes them); give a threshold",
        false_sites);
  }
  for (const OperatingPoint& point : points) {
    if (point.false_sites_per_1000_km2 <= false_sites) return point.threshold;
  }
  return Error(
      Fault::kBadOption,
      "{} false sites per 1,000 km2 are asked for; the fewest that these networks were measured with are {} (at "
      "a threshold of {}): ask for that, or give a threshold",
      false_sites, std::ceil(1000.0 * points.back().false_sites_per_1000_km2) / 1000.0, points.back().threshold);
}

}  // namespace fringewatch
