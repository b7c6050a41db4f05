#include "services/trainer/processing.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#include "common/base/random.h"
#include "common/raster/phase.h"

namespace fringewatch::trainer {
namespace {

constexpr uint8_t kDecorrelated = 1;
constexpr float kClutterCoherence = 0.35f;  ///< most that an estimator makes of noise

void Disc(double row, double col, double radius_px, uint8_t value, Array2<uint8_t>& mask) {
  const int reach = static_cast<int>(std::ceil(radius_px)), r0 = static_cast<int>(row), c0 = static_cast<int>(col);
  for (int r = std::max(0, r0 - reach); r <= std::min(mask.rows - 1, r0 + reach); ++r) {
    for (int c = std::max(0, c0 - reach); c <= std::min(mask.cols - 1, c0 + reach); ++c) {
      if (std::hypot(r + 0.5 - row, c + 0.5 - col) <= radius_px) mask(r, c) = value;
    }
  }
}

/// A winding line of discs that come and go.
void River(KeyedRandom& random, Array2<uint8_t>& mask) {
  double row = random.Uniform(0.0, mask.rows), col = random.Uniform(0.0, mask.cols);
  double heading = random.Uniform(0.0, kTwoPi), radius_px = random.LogUniform(0.6, 2.5);
  const double share = random.Uniform(0.1, 1.0);
  const int steps = random.Integer(10, mask.rows);
  for (int i = 0; i < steps; ++i) {
    if (random.Chance(share)) Disc(row, col, radius_px * random.Uniform(0.5, 1.5), kDecorrelated, mask);
    heading += 0.3 * random.Normal();
    row += 1.5 * radius_px * std::sin(heading);
    col += 1.5 * radius_px * std::cos(heading);
  }
}

std::vector<float> GaussianWeights(double sigma_px) {
  const int reach = static_cast<int>(std::ceil(3.0 * sigma_px));
  std::vector<float> weights;
  for (int i = -reach; i <= reach; ++i)
    weights.push_back(static_cast<float>(std::exp(-0.5 * i * i / (sigma_px * sigma_px))));
  return weights;
}

/// Gaussian sum along one direction, without what lies outside.
template <typename T>
Array2<T> SumAlong(const Array2<T>& values, const std::vector<float>& weights, int drow, int dcol) {
  const int reach = static_cast<int>(weights.size() / 2);
  Array2<T> sum(values.rows, values.cols);
  for (int r = 0; r < values.rows; ++r) {
    for (int c = 0; c < values.cols; ++c) {
      for (int i = -reach; i <= reach; ++i) {
        const int row = r + i * drow, col = c + i * dcol;
        if (row >= 0 && col >= 0 && row < values.rows && col < values.cols)
          sum(r, c) += weights[i + reach] * values(row, col);
      }
    }
  }
  return sum;
}

template <typename T>
Array2<T> GaussianSum(const Array2<T>& values, double sigma_px) {
  const std::vector<float> weights = GaussianWeights(sigma_px);
  return SumAlong(SumAlong(values, weights, 1, 0), weights, 0, 1);
}

}  // namespace

Processing::Processing(uint64_t seed, int rows, int cols) : clutter_(rows, cols) {
  KeyedRandom random(HashKeys(seed, 0x70726f63ULL));
  if (random.Chance(0.5)) {
    for (int i = random.Integer(0, 8); i > 0; --i) {
      Disc(random.Uniform(0.0, rows), random.Uniform(0.0, cols), random.LogUniform(0.7, 7.0), kDecorrelated, clutter_);
    }
    for (int i = random.Integer(0, 2); i > 0; --i) River(random, clutter_);
  }
  if (random.Chance(0.4)) {
    for (int i = random.Integer(1, 12); i > 0; --i) {
      const auto number = static_cast<uint8_t>(kDecorrelated + i);
      Disc(random.Uniform(0.0, rows), random.Uniform(0.0, cols), random.LogUniform(0.7, 3.5), number, clutter_);
    }
  }
  if (random.Chance(0.6)) filter_sigma_px_ = random.LogUniform(0.5, 2.0);
  coherence_of_filtered_ = random.Chance(0.4);
}

void Processing::Apply(PairRaster& pair, uint64_t pair_seed) const {
  KeyedRandom random(pair_seed);
  for (size_t i = 0; i < clutter_.size(); ++i) {
    if (!clutter_.values[i] || std::isnan(pair.phase_rad.values[i])) continue;
    const uint8_t kind = clutter_.values[i];
    if (kind == kDecorrelated) {
      pair.phase_rad.values[i] = static_cast<float>(random.Uniform(-kPi, kPi));
      pair.coherence.values[i] = kClutterCoherence * static_cast<float>(random.Uniform());
    } else {
      KeyedRandom own(HashKeys(pair_seed, kind));
      pair.phase_rad.values[i] = Wrap(static_cast<float>(own.Uniform(-kPi, kPi) + 0.1 * random.Normal()));
      pair.coherence.values[i] = static_cast<float>(random.Uniform(0.6, 1.0));
    }
  }
  if (filter_sigma_px_ == 0.0) return;
  Array2<std::complex<float>> signal(clutter_.rows, clutter_.cols);
  Array2<float> valid(clutter_.rows, clutter_.cols), coherence(clutter_.rows, clutter_.cols);
  for (size_t i = 0; i < signal.size(); ++i) {
    if (std::isnan(pair.phase_rad.values[i])) continue;
    valid.values[i] = 1.0f;
    coherence.values[i] = pair.coherence.values[i];
    signal.values[i] = std::polar(coherence.values[i], pair.phase_rad.values[i]);
  }
  const Array2<std::complex<float>> filtered = GaussianSum(signal, filter_sigma_px_);
  const Array2<float> weight = GaussianSum(valid, filter_sigma_px_), mean = GaussianSum(coherence, filter_sigma_px_);
  for (size_t i = 0; i < signal.size(); ++i) {
    if (valid.values[i] == 0.0f) continue;
    pair.phase_rad.values[i] = std::arg(filtered.values[i]);
    const float modulus = coherence_of_filtered_ ? std::abs(filtered.values[i]) : mean.values[i];
    pair.coherence.values[i] = std::clamp(modulus / weight.values[i], 0.0f, 1.0f);
  }
}

}  // namespace fringewatch::trainer
