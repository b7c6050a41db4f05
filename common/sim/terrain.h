/// Heights and ground cover of a scene.
#pragma once

#include "common/sim/noise_field.h"
#include "common/sim/scene.h"
#include "common/sim/sources.h"

namespace fringewatch::sim {

/// What the ground does to coherence, whatever the pair. Rasters of one window.
struct GroundCover {
  Array2<float> coherence;   ///< of the 12-day map; 0 on water
  Array2<float> vegetation;  ///< 0 to 1
};

/// Height field (power law, hurst 0.8) and covers that follow smooth fields cut at the quantile of their share.
class Terrain {
 public:
  explicit Terrain(const SceneConfig& config);
  [[nodiscard]] Array2<float> Height(const Window& window) const;
  [[nodiscard]] double mean_height_m() const { return mean_height_m_; }
  /// Error of the height model that flattened the pairs, m.
  [[nodiscard]] Array2<float> HeightError(const Window& window) const;
  [[nodiscard]] bool IsWater(int row, int col) const;
  [[nodiscard]] SlopeAt Slope(int row, int col, int reach_px) const;
  [[nodiscard]] GroundCover Cover(const Window& window) const;
  /// 1 where snow lies on that epoch, else 0; 0 x 0 when the epoch has no snow.
  [[nodiscard]] Array2<float> Snow(int epoch, const Window& window) const;

 private:
  void DarkenLayover(const Window& window, Array2<float>& coherence) const;

  const SceneConfig config_;
  double mean_height_m_;
  PowerLawField height_, height_error_, base_, vegetation_, water_;
  double water_below_, vegetation_above_, snow_above_;
};

}  // namespace fringewatch::sim
