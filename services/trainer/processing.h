/// What processors and the ground do to an interferogram besides what the scene simulator holds: filters that
/// correlate the noise of neighbouring pixels, rivers and ponds that decorrelate a few pixels, and strong scatterers
/// with a phase of their own. Networks that have never seen them take them for fringes.
#pragma once

#include <cstdint>

#include "common/stack/stack_reader.h"

namespace fringewatch::trainer {

/// How the pairs of one scene were processed.
class Processing {
 public:
  /// Draws what the pairs of a scene share: places of clutter, filter, kind of coherence.
  Processing(uint64_t seed, int rows, int cols);
  /// The pair as delivered; `pair_seed` draws its own noise. Missing pixels stay missing.
  void Apply(PairRaster& pair, uint64_t pair_seed) const;

 private:
  Array2<uint8_t> clutter_;             ///< 0 = none, 1 = decorrelated, above = number of a strong scatterer
  double filter_sigma_px_ = 0.0;        ///< of the Gaussian filter; 0 = none
  bool coherence_of_filtered_ = false;  ///< coherence is the modulus of the filtered signal, else its own estimate
};

}  // namespace fringewatch::trainer
