#include "services/unwrapper/core/noise_mask.h"

#include <algorithm>
#include <cmath>

#include "common/base/units.h"

namespace fringewatch::unwrapper {
namespace {

/// Of the way from the mean of noise to 1. Beyond the half, good ground would go as well: with few pairs to spare,
/// noise often looks good.
constexpr double kLeastAboveNoise = 0.15, kMostAboveNoise = 0.5;
constexpr double kOneInTwenty = 1.645;  ///< standard deviations of a normal distribution, one-sided

/// 1 where a pixel's own coherence, if it has one, is below `least`.
Array2<uint8_t> Noisy(const Array2<float>& coherence, double least) {
  Array2<uint8_t> noisy(coherence.rows, coherence.cols);
  for (size_t i = 0; i < noisy.size(); ++i) noisy.values[i] = coherence.values[i] < least;
  return noisy;
}

/// Whether more than half of the pixels around one, without itself, are marked.
bool MostAround(const Array2<uint8_t>& marked, int row, int col) {
  const Window box = Grow({row, col, 1, 1}, 1, marked.frame());
  int count = -marked(row, col);
  for (int r = box.row0; r < box.row1(); ++r) {
    for (int c = box.col0; c < box.col1(); ++c) count += marked(r, c);
  }
  return 2 * count > box.pixels() - 1;
}

}  // namespace

NoiseCoherence NoiseTemporalCoherence(int pairs, int unknowns) {
  const double spare = std::max(0, pairs - unknowns), variance = kPi * kPi / 3.0 * spare / pairs;
  return {std::exp(-0.5 * variance), spare > 0 ? (1.0 - std::exp(-variance)) / std::sqrt(2.0 * spare) : 0.0};
}

long DropNoise(const Network& network, SbasSeries& series) {
  const int pairs = static_cast<int>(network.edges.size());
  const int unknowns = static_cast<int>(network.dates.size()) - network.subsets;
  if (unknowns >= pairs) return 0;
  const NoiseCoherence noise = NoiseTemporalCoherence(pairs, unknowns);
  const double way = 1.0 - noise.mean;
  const double least = noise.mean + std::clamp(kOneInTwenty * noise.std, kLeastAboveNoise * way, kMostAboveNoise * way);
  const Array2<uint8_t> noisy = Noisy(series.temporal_coherence, least);
  long dropped = 0;
  for (int r = 0; r < noisy.rows; ++r) {
    for (int c = 0; c < noisy.cols; ++c) {
      if (!noisy(r, c) && !MostAround(noisy, r, c)) continue;
      ++dropped;
      for (int date = 0; date < series.displacement_m.planes; ++date) {
        series.displacement_m(date, r, c) = series.displacement_std_m(date, r, c) = kMissing;
      }
    }
  }
  return dropped;
}

}  // namespace fringewatch::unwrapper
