/// What an operator chooses between when choosing a threshold: sites found against false alarms.
#pragma once

#include <vector>

#include "common/base/status.h"

namespace fringewatch {

/// What a threshold of the evidence finds and costs, measured on frames that no network was trained on.
struct OperatingPoint {
  double threshold = 0;
  double false_sites_per_1000_km2 = 0;  ///< of a run
  double recall = 0;                    ///< of sites with a peak phase of 2 rad or more in 12 days
};

/// The least threshold with at most `false_sites` per 1,000 km2 and run. `points`: by rising threshold.
/// \error kBadOption when there are none, or none with so few: with the fewest that was measured.
[[nodiscard]] StatusOr<double> ThresholdFor(double false_sites, const std::vector<OperatingPoint>& points);

}  // namespace fringewatch
