#include "services/unwrapper/core/residue.h"

#include <cmath>
#include <complex>
#include <vector>

#include "common/base/units.h"

namespace fringewatch::unwrapper {
namespace {

using Phasor = std::complex<float>;

/// Gaussian filter along rows, then columns, zero outside.
void SmoothInPlace(Array2<Phasor>& field, double sigma_px) {
  const int half = static_cast<int>(std::ceil(2.5 * sigma_px));
  std::vector<float> kernel(half + 1);
  for (int k = 0; k <= half; ++k) kernel[k] = static_cast<float>(std::exp(-0.5 * k * k / (sigma_px * sigma_px)));
  Array2<Phasor> along(field.rows, field.cols);
  for (int r = 0; r < field.rows; ++r) {
    for (int k = -half; k <= half; ++k) {
      const float w = kernel[std::abs(k)];
      const int first = std::max(0, -k), last = std::min(field.cols, field.cols - k);
      for (int c = first; c < last; ++c) along(r, c) += w * field(r, c + k);
    }
  }
  std::fill(field.values.begin(), field.values.end(), Phasor());
  for (int r = 0; r < field.rows; ++r) {
    for (int k = -half; k <= half; ++k) {
      if (r + k < 0 || r + k >= field.rows) continue;
      const float w = kernel[std::abs(k)];
      for (int c = 0; c < field.cols; ++c) field(r, c) += w * along(r + k, c);
    }
  }
}

Array2<float> Arguments(const Array2<Phasor>& field) {
  Array2<float> out(field.rows, field.cols);
  for (size_t i = 0; i < out.size(); ++i) out.values[i] = std::arg(field.values[i]);
  return out;
}

float NearestStep(float difference, float expected) {
  constexpr float kCycle = static_cast<float>(kTwoPi);
  return difference - kCycle * std::nearbyint((difference - expected) / kCycle);
}

}  // namespace

StepField ExpectedSteps(const Array2<float>& phase_rad, const Array2<float>& coherence, double sigma_px) {
  const int rows = phase_rad.rows, cols = phase_rad.cols;
  Array2<Phasor> z(rows, cols), right(rows, cols - 1), down(rows - 1, cols);
  for (size_t i = 0; i < z.size(); ++i) {
    if (!std::isnan(phase_rad.values[i])) z.values[i] = std::polar(coherence.values[i], phase_rad.values[i]);
  }
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < cols; ++c) {
      if (c + 1 < cols) right(r, c) = z(r, c + 1) * std::conj(z(r, c));
      if (r + 1 < rows) down(r, c) = z(r + 1, c) * std::conj(z(r, c));
    }
  }
  SmoothInPlace(right, sigma_px);
  SmoothInPlace(down, sigma_px);
  return {Arguments(right), Arguments(down)};
}

StepField NearestSteps(const Array2<float>& filled_rad, const StepField& expected) {
  StepField steps = expected;
  for (int r = 0; r < filled_rad.rows; ++r) {
    for (int c = 0; c + 1 < filled_rad.cols; ++c) {
      steps.right(r, c) = NearestStep(filled_rad(r, c + 1) - filled_rad(r, c), expected.right(r, c));
    }
  }
  for (int r = 0; r + 1 < filled_rad.rows; ++r) {
    for (int c = 0; c < filled_rad.cols; ++c) {
      steps.down(r, c) = NearestStep(filled_rad(r + 1, c) - filled_rad(r, c), expected.down(r, c));
    }
  }
  return steps;
}

Array2<int> Residues(const StepField& steps) {
  Array2<int> charge(steps.down.rows, steps.right.cols);
  for (int r = 0; r < charge.rows; ++r) {
    for (int c = 0; c < charge.cols; ++c) {
      const float loop = steps.right(r, c) + steps.down(r, c + 1) - steps.right(r + 1, c) - steps.down(r, c);
      charge(r, c) = static_cast<int>(std::lround(loop / static_cast<float>(kTwoPi)));
    }
  }
  return charge;
}

}  // namespace fringewatch::unwrapper
