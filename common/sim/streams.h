/// Names of the independent random streams of a scene.
#pragma once

#include "common/base/random.h"
#include "common/sim/scene.h"

namespace fringewatch::sim {

enum class Stream : uint64_t {
  kHeight = 1,
  kHeightError,
  kCoherence,
  kVegetation,
  kWater,
  kSnow,
  kTurbulence,
  kPerlin,
  kStratified,
  kRamp,
  kSeam,
  kBaseline,
  kSite,
  kGap,
  kSpeckle,
  kTraining
};

/// Key of a stream of a scene; `index` is an epoch, a pair or a site.
[[nodiscard]] inline uint64_t StreamKey(const SceneConfig& config, Stream stream, uint64_t index = 0) {
  return HashKeys(config.seed, static_cast<uint64_t>(stream), index);
}

}  // namespace fringewatch::sim
