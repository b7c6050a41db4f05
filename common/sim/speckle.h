/// Decorrelation: the exact joint statistics of interferogram and intensities of one pixel after L looks.
#pragma once

#include <cmath>

#include "common/base/random.h"

namespace fringewatch::sim {

/// What speckle does to a pixel.
struct Speckle {
  float phase_rad = 0.0f;  ///< noise added to the true phase, (-pi, pi]
  float coherence = 0.0f;  ///< sample coherence |W21| / sqrt(W11 W22): biased upward where the true one is low
};

/// Gamma variates of one shape and scale 1 (Marsaglia and Tsang 2000). shape > 0.
class GammaSampler {
 public:
  explicit GammaSampler(double shape)
      : boost_(shape < 1.0 ? static_cast<float>(1.0 / shape) : 0.0f),
        d_(static_cast<float>((shape < 1.0 ? shape + 1.0 : shape) - 1.0 / 3.0)),
        c_(1.0f / std::sqrt(9.0f * d_)) {}
  /// `normal`: a standard normal value for the first try.
  [[nodiscard]] float operator()(float normal, KeyedRandom& random) const;

 private:
  float boost_;  ///< 1 / shape below 1, where the variate of shape + 1 is scaled by U^(1 / shape)
  float d_, c_;
};

/// Draws the L-look statistics of pixels. The 2 x 2 sample covariance of L looks with coherence g is complex Wishart;
/// its Bartlett factor has t11^2 ~ Gamma(L), t22^2 ~ Gamma(L - 1) and t21 ~ CN(0, 1), hence with s = sqrt(1 - g^2)
/// and z = g t11 + s t21: W11 = t11^2, W21 = z t11, W22 = |z|^2 + s^2 t22^2.
class SpeckleSampler {
 public:
  /// looks > 1, not necessarily whole (an equivalent number of looks).
  explicit SpeckleSampler(double looks) : t11_(looks), t22_(looks - 1.0) {}
  /// True coherence in [0, 1]; `key` is the pixel's own.
  [[nodiscard]] Speckle operator()(float coherence, uint64_t key) const;

 private:
  GammaSampler t11_, t22_;
};

}  // namespace fringewatch::sim
