// What confidence is worth: of the pixels that claim to be right, as many are.
#include "services/unwrapper/core/confidence.h"

#include <gtest/gtest.h>

#include "services/unwrapper/core/test_rasters.h"
#include "services/unwrapper/core/unwrap_pair.h"

namespace fringewatch::unwrapper {
namespace {

constexpr uint64_t kSeed = 53;

/// Ground of two coherences in patches, with a bowl that may be too steep.
PairRaster MixedGround(const Array2<float>& truth, KeyedRandom& random, uint64_t seed) {
  PairRaster pair = Speckled(truth, random.Uniform(0.3, 0.9), HashKeys(seed, 1));
  const PairRaster poor = Speckled(truth, random.Uniform(0.0, 0.5), HashKeys(seed, 2));
  const double shift = random.Uniform(0, 6);
  for (int r = 0; r < truth.rows; ++r) {
    for (int c = 0; c < truth.cols; ++c) {
      if (std::sin(r / 19.0 + shift) * std::cos(c / 23.0 + shift) > -0.4) continue;
      pair.phase_rad(r, c) = poor.phase_rad(r, c);
      pair.coherence(r, c) = poor.coherence(r, c);
    }
  }
  return pair;
}

TEST(CycleConfidence, IsTheShareOfRightPixels) {
  constexpr int kBins = 4;  // 0.5 to 1
  std::vector<double> claimed(kBins), right(kBins), count(kBins);
  for (int trial = 0; trial < 12; ++trial) {
    KeyedRandom random(HashKeys(kSeed, trial));
    const Array2<float> truth = Bowl(128, 128, random.Uniform(50, 78), random.Uniform(50, 78),
                                     random.LogUniform(2.2, 9), random.Uniform(0.5, 10));
    const PairSolution solution = UnwrapWithPriors(MixedGround(truth, random, HashKeys(kSeed, trial)), {});
    std::vector<float> error;
    for (size_t i = 0; i < truth.size(); ++i) error.push_back(solution.flow.phase_rad.values[i] - truth.values[i]);
    std::vector<float> sorted = error;
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<long>(sorted.size() / 2), sorted.end());
    for (size_t i = 0; i < truth.size(); ++i) {
      const float confidence = solution.confidence.values[i];
      const int bin = std::clamp(static_cast<int>((confidence - 0.5F) * 2 * kBins), 0, kBins - 1);
      claimed[bin] += confidence;
      right[bin] += std::abs(error[i] - sorted[sorted.size() / 2]) < kPi;
      count[bin] += 1;
    }
  }
  double gap = 0, all = 0;
  for (int bin = 0; bin < kBins; ++bin) {
    std::printf("%6.0f pixels claim %.3f: %.3f are right\n", count[bin], claimed[bin] / count[bin],
                right[bin] / count[bin]);
    gap += std::abs(claimed[bin] - right[bin]);
    all += count[bin];
  }
  EXPECT_LT(gap / all, 0.03);
  EXPECT_GT(right[kBins - 1] / count[kBins - 1], 0.99);
}

}  // namespace
}  // namespace fringewatch::unwrapper
