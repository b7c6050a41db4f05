/// Small rasters with a known truth, for the tests of this folder.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#include "common/base/random.h"
#include "common/stack/stack_reader.h"

namespace fringewatch::unwrapper {

/// A Gaussian bowl whose largest gradient is `gradient_rad_per_px`, elongated a little.
inline Array2<float> Bowl(int rows, int cols, double row, double col, double sigma_px, double gradient_rad_per_px) {
  Array2<float> phase(rows, cols);
  const double peak = gradient_rad_per_px * sigma_px * std::exp(0.5);
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < cols; ++c) {
      const double along = (r - row) * 0.8 + (c - col) * 0.6, across = (c - col) * 0.8 - (r - row) * 0.6;
      const double q = along * along + 0.7 * across * across;
      phase(r, c) = static_cast<float>(peak * std::exp(-0.5 * q / (sigma_px * sigma_px)));
    }
  }
  return phase;
}

/// Ten-look observation of a phase at one coherence: exact complex statistics, coherence as a processor estimates it.
inline PairRaster Speckled(const Array2<float>& truth_rad, double coherence, uint64_t seed) {
  constexpr int kLooks = 10;
  PairRaster pair{truth_rad, truth_rad};
  for (size_t i = 0; i < truth_rad.size(); ++i) {
    KeyedRandom random(HashKeys(seed, i));
    std::complex<double> product = 0;
    double power1 = 0, power2 = 0;
    for (int look = 0; look < kLooks; ++look) {
      const std::complex<double> z1(random.Normal(), random.Normal()), noise(random.Normal(), random.Normal());
      const std::complex<double> z2 = coherence * z1 + std::sqrt(1.0 - coherence * coherence) * noise;
      product += z2 * std::conj(z1);
      power1 += std::norm(z1);
      power2 += std::norm(z2);
    }
    const double phase = std::arg(product * std::polar(1.0, static_cast<double>(truth_rad.values[i])));
    pair.phase_rad.values[i] = static_cast<float>(phase);
    pair.coherence.values[i] = static_cast<float>(std::abs(product) / std::sqrt(power1 * power2));
  }
  return pair;
}

struct Deviation {
  double rmse_rad = 0, worst_rad = 0;
  long wrong_cycles = 0;  ///< pixels more than pi away
};

/// Against the truth, after removal of the median difference on the outer ring (8 px).
inline Deviation Compare(const Array2<float>& unwrapped_rad, const Array2<float>& truth_rad) {
  constexpr int kRing_px = 8;
  std::vector<float> ring;
  const Window inner{kRing_px, kRing_px, truth_rad.rows - 2 * kRing_px, truth_rad.cols - 2 * kRing_px};
  for (int r = 0; r < truth_rad.rows; ++r) {
    for (int c = 0; c < truth_rad.cols; ++c) {
      const float difference = unwrapped_rad(r, c) - truth_rad(r, c);
      if (!inner.Contains(r, c) && !std::isnan(difference)) ring.push_back(difference);
    }
  }
  std::nth_element(ring.begin(), ring.begin() + static_cast<long>(ring.size() / 2), ring.end());
  const double offset = ring[ring.size() / 2];
  Deviation deviation;
  double sum = 0;
  long count = 0;
  for (size_t i = 0; i < truth_rad.size(); ++i) {
    const double error = unwrapped_rad.values[i] - truth_rad.values[i] - offset;
    if (std::isnan(error)) continue;
    sum += error * error;
    ++count;
    deviation.worst_rad = std::max(deviation.worst_rad, std::abs(error));
    deviation.wrong_cycles += std::abs(error) > kPi;
  }
  deviation.rmse_rad = std::sqrt(sum / static_cast<double>(count));
  return deviation;
}

}  // namespace fringewatch::unwrapper
