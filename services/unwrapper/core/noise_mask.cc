#include "services/unwrapper/core/noise_mask.h"

#include <algorithm>
#include <cmath>

#include "common/base/units.h"

namespace fringewatch::unwrapper {
namespace {

constexpr int kHalfBox_px = 2;
constexpr double kShareAboveNoise = 0.15;

/// Mean of the values around a pixel; NaN when there is none.
double MeanAround(const Array2<float>& values, int row, int col) {
  double sum = 0.0;
  int count = 0;
  for (int r = std::max(0, row - kHalfBox_px); r <= std::min(values.rows - 1, row + kHalfBox_px); ++r) {
    for (int c = std::max(0, col - kHalfBox_px); c <= std::min(values.cols - 1, col + kHalfBox_px); ++c) {
      if (std::isnan(values(r, c))) continue;
      sum += values(r, c);
      ++count;
    }
  }
  return count > 0 ? sum / count : kMissing;
}

}  // namespace

double NoiseTemporalCoherence(int pairs, int unknowns) {
  const double unexplained = std::max(0.0, 1.0 - static_cast<double>(unknowns) / pairs);
  return std::exp(-0.5 * kPi * kPi / 3.0 * unexplained);
}

long DropNoise(const Network& network, SbasSeries& series) {
  const int pairs = static_cast<int>(network.edges.size());
  const int unknowns = static_cast<int>(network.dates.size()) - network.subsets;
  if (unknowns >= pairs) return 0;
  const double noise = NoiseTemporalCoherence(pairs, unknowns);
  const double least = noise + kShareAboveNoise * (1.0 - noise);
  long dropped = 0;
  for (int r = 0; r < series.temporal_coherence.rows; ++r) {
    for (int c = 0; c < series.temporal_coherence.cols; ++c) {
      if (!(MeanAround(series.temporal_coherence, r, c) < least)) continue;
      ++dropped;
      for (int date = 0; date < series.displacement_m.planes; ++date) {
        series.displacement_m(date, r, c) = series.displacement_std_m(date, r, c) = kMissing;
      }
    }
  }
  return dropped;
}

}  // namespace fringewatch::unwrapper
