/// What a radar sees besides moving ground: troposphere, orbit, height error, burst seams. One state per epoch.
#pragma once

#include "common/sim/scene.h"

namespace fringewatch::sim {

/// Phase of an epoch that is not deformation.
class Nuisance {
 public:
  explicit Nuisance(const SceneConfig& config) : config_(config) {}
  /// Perpendicular baseline of an epoch relative to a common orbit, m.
  [[nodiscard]] double Baseline(int epoch) const;
  /// Adds the phase (rad) of an epoch over `window`. `height_m` and `height_error_m` cover the window.
  void AddPhase(int epoch, const Window& window, double mean_height_m, const Array2<float>& height_m,
                const Array2<float>& height_error_m, Array2<float>& phase_rad) const;

 private:
  void AddAtmosphere(int epoch, const Window& window, Array2<float>& phase_rad) const;
  void AddRamp(int epoch, const Window& window, Array2<float>& phase_rad) const;
  void AddSeams(int epoch, const Window& window, Array2<float>& phase_rad) const;

  const SceneConfig config_;
};

}  // namespace fringewatch::sim
