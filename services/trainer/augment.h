/// The same scene seen differently: the eight symmetries of the square, a phase offset, the opposite motion.
#pragma once

#include "services/trainer/lesson.h"

namespace fringewatch::trainer {

/// One of the eight symmetries of the square.
struct Symmetry {
  bool flip_rows = false, flip_cols = false, transpose = false;
  /// Draws one.
  [[nodiscard]] static Symmetry Draw(KeyedRandom& random);
  /// Applies it to the last two dimensions.
  [[nodiscard]] torch::Tensor operator()(torch::Tensor planes) const;
};

/// An input of nn::PackPair with its phase turned by `offset_rad` and, when `opposite`, negated before.
[[nodiscard]] torch::Tensor TurnPhase(const torch::Tensor& input, double offset_rad, bool opposite);

}  // namespace fringewatch::trainer
