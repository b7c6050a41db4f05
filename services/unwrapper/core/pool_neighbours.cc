#include "services/unwrapper/core/pool_neighbours.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "services/unwrapper/core/median.h"
#include "services/unwrapper/core/smooth.h"

namespace fringewatch::unwrapper {
namespace {

constexpr size_t kFewest = 30;              ///< pixels, to judge the noise by
constexpr float kMedianOfSquare = 0.4549F;  ///< of a standard normal number
constexpr float kMedianOfSize = 0.6745F;

/// Variance of the noise that each pixel has for itself, as a share of its whole variance: from second differences
/// along the rows, which neither slopes nor atmosphere enter. Nothing (0) where too few pixels stand side by side.
float OwnShare(const Array2<float>& value, const Array2<float>& std) {
  std::vector<float> ratios;
  for (int r = 0; r < value.rows; ++r) {
    for (int c = 1; c + 1 < value.cols; ++c) {
      const float difference = value(r, c - 1) - 2 * value(r, c) + value(r, c + 1);
      const float expected = std(r, c - 1) * std(r, c - 1) + 4 * std(r, c) * std(r, c) + std(r, c + 1) * std(r, c + 1);
      const float ratio = difference * difference / expected;
      if (std::isfinite(ratio)) ratios.push_back(ratio);
    }
  }
  return ratios.size() < kFewest ? 0.0F : MedianOf(ratios) / kMedianOfSquare;
}

/// Variance of what is left on ground that does not move.
float CommonVariance(const Array2<uint8_t>& reference, const Array2<float>& value) {
  std::vector<float> sizes;
  for (size_t i = 0; i < value.size(); ++i) {
    if (reference.values[i] && !std::isnan(value.values[i])) sizes.push_back(std::abs(value.values[i]));
  }
  if (sizes.size() < kFewest) return 0.0F;
  const float spread = MedianOf(sizes) / kMedianOfSize;
  return spread * spread;
}

}  // namespace

void PoolNeighbours(const Array2<uint8_t>& reference, const Array2<float>& common_variance, Array2<float>& value,
                    Array2<float>& std) {
  const float own_share = OwnShare(value, std);
  if (!(own_share > 0)) return;
  Array2<float> variance = std;
  for (float& entry : variance.values) entry *= own_share * entry;
  const Smoothed smooth = Smooth(value, variance);
  const float spread = common_variance.empty() ? CommonVariance(reference, smooth.value) : 0.0F;
  for (size_t i = 0; i < value.size(); ++i) {
    if (std::isnan(smooth.value.values[i])) continue;
    value.values[i] = smooth.value.values[i];
    const float common = common_variance.empty() ? spread : common_variance.values[i];
    std.values[i] = std::sqrt(smooth.std.values[i] * smooth.std.values[i] + common);
  }
}

}  // namespace fringewatch::unwrapper
