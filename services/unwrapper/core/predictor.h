/// What a stack says about each of its pairs: the phase of every epoch, fitted to the pairs unwrapped so far, and a
/// constant rate where they do not reach.
#pragma once

#include <vector>

#include "common/raster/array.h"
#include "common/stack/network.h"

namespace fringewatch::unwrapper {

/// Predicts pairs from others, pixel by pixel: ridge least squares on the epochs, in which the change between two
/// epochs is pulled weakly to a common rate times the days between (as NSBAS does, Doin et al. 2011).
class StackPredictor {
 public:
  explicit StackPredictor(const Network& network);

  /// Predictions of all pairs: (pair, row, col), rad. `phase_rad`: smoothed, anchored, no NaN; only pairs with
  /// `known` count. A known pair is predicted from the others alone. All zero when no pair is known.
  [[nodiscard]] Array3<float> Predict(const Array3<float>& phase_rad, const std::vector<char>& known) const;

 private:
  const Network& network_;
};

}  // namespace fringewatch::unwrapper
