#include "services/unwrapper/core/residue.h"

#include <algorithm>
#include <cmath>
#include <complex>

#include "common/base/units.h"
#include "services/unwrapper/core/gaussian.h"

namespace fringewatch::unwrapper {
namespace {

using Phasor = std::complex<float>;

/// std::abs without its care for overflow, which costs more than the filters.
float Modulus(Phasor z) { return std::sqrt(std::norm(z)); }

/// Argument of the mean of `products`, and its modulus relative to the mean of their moduli.
void Average(Array2<Phasor>& products, double sigma_px, Array2<float>& argument, Array2<float>& agreement) {
  argument = agreement = Array2<float>(products.rows, products.cols);
  Array2<float> weight(products.rows, products.cols);
  for (size_t i = 0; i < weight.size(); ++i) weight.values[i] = Modulus(products.values[i]);
  GaussianFilter(products, sigma_px);
  GaussianFilter(weight, sigma_px);
  for (size_t i = 0; i < weight.size(); ++i) {
    if (weight.values[i] < 1e-6F) continue;
    argument.values[i] = std::arg(products.values[i]);
    agreement.values[i] = Modulus(products.values[i]) / weight.values[i];
  }
}

/// a * conj(b)
Phasor Product(Phasor a, Phasor b) {
  return {a.real() * b.real() + a.imag() * b.imag(), a.imag() * b.real() - a.real() * b.imag()};
}

float NearestStep(float difference, float expected) {
  constexpr float kCycle = static_cast<float>(kTwoPi);
  return difference - kCycle * std::nearbyint((difference - expected) / kCycle);
}

}  // namespace

LocalSteps MeanSteps(const Array2<float>& phase_rad, const Array2<float>& coherence, double sigma_px) {
  const int rows = phase_rad.rows, cols = phase_rad.cols;
  Array2<Phasor> z(rows, cols), right(rows, cols - 1), down(rows - 1, cols);
  for (size_t i = 0; i < z.size(); ++i) {
    if (!std::isnan(phase_rad.values[i])) z.values[i] = std::polar(coherence.values[i], phase_rad.values[i]);
  }
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < cols; ++c) {
      if (c + 1 < cols) right(r, c) = Product(z(r, c + 1), z(r, c));
      if (r + 1 < rows) down(r, c) = Product(z(r + 1, c), z(r, c));
    }
  }
  LocalSteps local;
  Average(right, sigma_px, local.mean.right, local.quality.right);
  Average(down, sigma_px, local.mean.down, local.quality.down);
  return local;
}

Array2<float> PixelAgreement(const LocalSteps& local) {
  Array2<float> lowest(local.mean.right.rows, local.mean.down.cols, 1.0F);
  const auto book = [&](int r, int c, float quality) { lowest(r, c) = std::min(lowest(r, c), quality); };
  for (int r = 0; r < lowest.rows; ++r) {
    for (int c = 0; c < lowest.cols; ++c) {
      if (c + 1 < lowest.cols) {
        book(r, c, local.quality.right(r, c));
        book(r, c + 1, local.quality.right(r, c));
      }
      if (r + 1 < lowest.rows) {
        book(r, c, local.quality.down(r, c));
        book(r + 1, c, local.quality.down(r, c));
      }
    }
  }
  return lowest;
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
