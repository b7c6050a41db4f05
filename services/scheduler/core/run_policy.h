/// What decides the products of a run, beside the stack and the networks: defaults and limits, for everybody who asks.
#pragma once

#include <optional>

namespace fringewatch::scheduler {

struct RunPolicy {
  double threshold = 0.7;             ///< evidence a site must reach
  std::optional<double> false_sites;  ///< per 1,000 km2 and run: if given, it decides the threshold
  int tile_px = 1024;                 ///< core of a detection tile
  int halo_px = 128;                  ///< context around it: receptive field and largest site radius
  bool skip_rejected = false;         ///< go on without the inputs that were rejected
};

template <typename T>
struct Limits {
  T least, most;
};
inline constexpr Limits<double> kThresholdLimits{0.01, 0.99};
inline constexpr Limits<double> kFalseSitesLimits{0.001, 1000.0};
inline constexpr Limits<int> kTileLimits_px{64, 8192};
inline constexpr Limits<int> kHaloLimits_px{0, 2048};

}  // namespace fringewatch::scheduler
