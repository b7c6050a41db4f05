#include "services/trainer/augment.h"

#include <cmath>

namespace fringewatch::trainer {

Symmetry Symmetry::Draw(KeyedRandom& random) {
  Symmetry symmetry;
  symmetry.flip_rows = random.Chance(0.5);
  symmetry.flip_cols = random.Chance(0.5);
  symmetry.transpose = random.Chance(0.5);
  return symmetry;
}

torch::Tensor Symmetry::operator()(torch::Tensor planes) const {
  if (flip_rows) planes = planes.flip({-2});
  if (flip_cols) planes = planes.flip({-1});
  if (transpose) planes = planes.transpose(-1, -2);
  return planes;
}

torch::Tensor TurnPhase(const torch::Tensor& input, double offset_rad, bool opposite) {
  const torch::Tensor cosine = input[0], sine = opposite ? -input[1] : input[1];
  const double c = std::cos(offset_rad), s = std::sin(offset_rad);
  return torch::stack({cosine * c - sine * s, cosine * s + sine * c, input[2]});
}

}  // namespace fringewatch::trainer
