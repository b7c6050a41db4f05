/// A simulated stack whose pairs were observed beforehand: reading costs a copy.
#pragma once

#include <vector>

#include "common/base/parallel.h"
#include "common/sim/scene.h"

namespace fringewatch::sim {

class ObservedStack final : public StackReader {
 public:
  explicit ObservedStack(const SceneConfig& config)
      : scene_(config), pairs_(track().pairs.size()), height_m_(scene_.Height(track().grid.frame())) {
    ParallelFor(static_cast<int>(pairs_.size()), HardwareThreads(),
                [&](int pair) { pairs_[pair] = scene_.Observe(pair, track().grid.frame()); });
  }
  [[nodiscard]] const Scene& scene() const { return scene_; }
  [[nodiscard]] const Track& track() const override { return scene_.track(); }
  [[nodiscard]] StatusOr<PairRaster> ReadPair(int pair, const Window& window) const override {
    return PairRaster{Crop(pairs_[pair].phase_rad, window), Crop(pairs_[pair].coherence, window)};
  }
  [[nodiscard]] StatusOr<Array2<float>> ReadHeight(const Window& window) const override {
    return Crop(height_m_, window);
  }

 private:
  Scene scene_;
  std::vector<PairRaster> pairs_;
  Array2<float> height_m_;
};

}  // namespace fringewatch::sim
