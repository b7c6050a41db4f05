/// Arithmetic of wrapped phase.
#pragma once

#include <cmath>

#include "common/base/units.h"
#include "common/raster/array.h"

namespace fringewatch {

/// Phase wrapped into [-pi, pi]. NaN stays NaN.
[[nodiscard]] inline float Wrap(float phase_rad) {
  constexpr float kTwoPiF = static_cast<float>(kTwoPi);
  return phase_rad - kTwoPiF * std::nearbyint(phase_rad / kTwoPiF);
}

/// The phase congruent with `wrapped_rad` (equal modulo 2 pi) that is nearest to `estimate_rad`.
[[nodiscard]] inline float Congruent(float wrapped_rad, float estimate_rad) {
  constexpr float kTwoPiF = static_cast<float>(kTwoPi);
  return wrapped_rad + kTwoPiF * std::nearbyint((estimate_rad - wrapped_rad) / kTwoPiF);
}

/// Closure phase of a triplet of wrapped interferograms, wrapped: Wrap(p12 + p23 - p13).
[[nodiscard]] inline float Closure(float p12_rad, float p23_rad, float p13_rad) {
  return Wrap(p12_rad + p23_rad - p13_rad);
}

/// Phase coherence: |mean exp(i phase)| over a (2 half_px + 1)^2 box after removal of the box's mean phase
/// gradient, as an estimate of coherence where a source has none. NaN where the centre is missing; missing
/// neighbours do not count. Same shape as `phase_rad`; values in [0, 1].
[[nodiscard]] Array2<float> PhaseCoherence(const Array2<float>& phase_rad, int half_px);

}  // namespace fringewatch
