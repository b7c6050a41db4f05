#include "services/trainer/processing.h"

#include <gtest/gtest.h>

#include <cmath>

#include "common/base/random.h"

namespace fringewatch::trainer {
namespace {

constexpr int kSize_px = 64;

/// Pure noise with one missing pixel.
PairRaster Noise(uint64_t seed) {
  PairRaster pair{Array2<float>(kSize_px, kSize_px), Array2<float>(kSize_px, kSize_px, 0.3f)};
  KeyedRandom random(seed);
  for (float& phase : pair.phase_rad.values) phase = static_cast<float>(random.Uniform(-kPi, kPi));
  pair.phase_rad(5, 7) = pair.coherence(5, 7) = kMissing;
  return pair;
}

/// |mean exp(i (difference of neighbours))|: 0 for white noise.
double Correlation(const PairRaster& pair) {
  double re = 0.0, im = 0.0;
  long count = 0;
  for (int r = 0; r < kSize_px; ++r) {
    for (int c = 0; c + 1 < kSize_px; ++c) {
      const float step = pair.phase_rad(r, c + 1) - pair.phase_rad(r, c);
      if (std::isnan(step)) continue;
      re += std::cos(step), im += std::sin(step), ++count;
    }
  }
  return std::hypot(re, im) / static_cast<double>(count);
}

TEST(Processing, CorrelatesNoiseInSomeScenesAndLeavesItInOthers) {
  int white = 0, correlated = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    PairRaster pair = Noise(seed);
    Processing(seed, kSize_px, kSize_px).Apply(pair, seed);
    const double correlation = Correlation(pair);
    white += correlation < 0.08;
    correlated += correlation > 0.2;
  }
  EXPECT_GE(white, 8);
  EXPECT_GE(correlated, 12);
}

TEST(Processing, KeepsMissingPixelsAndRanges) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    PairRaster pair = Noise(seed);
    Processing(seed, kSize_px, kSize_px).Apply(pair, seed);
    for (size_t i = 0; i < pair.phase_rad.size(); ++i) {
      const bool missing = i == pair.phase_rad.index(5, 7);
      ASSERT_EQ(std::isnan(pair.phase_rad.values[i]), missing);
      ASSERT_EQ(std::isnan(pair.coherence.values[i]), missing);
      if (missing) continue;
      ASSERT_LE(std::abs(pair.phase_rad.values[i]), static_cast<float>(kPi) + 1e-5f);
      ASSERT_TRUE(pair.coherence.values[i] >= 0.0f && pair.coherence.values[i] <= 1.0f);
    }
  }
}

TEST(Processing, LeavesSmoothPhaseAlmostAlone) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    PairRaster pair{Array2<float>(kSize_px, kSize_px), Array2<float>(kSize_px, kSize_px, 0.9f)};
    for (int r = 0; r < kSize_px; ++r) {
      for (int c = 0; c < kSize_px; ++c) pair.phase_rad(r, c) = std::remainder(0.1f * c, static_cast<float>(kTwoPi));
    }
    const PairRaster before = pair;
    Processing(seed, kSize_px, kSize_px).Apply(pair, seed);
    long moved = 0;
    for (size_t i = 0; i < pair.phase_rad.size(); ++i) {
      moved += std::cos(pair.phase_rad.values[i] - before.phase_rad.values[i]) < std::cos(0.5);
    }
    EXPECT_LT(moved, kSize_px * kSize_px / 3) << seed;  // only clutter moves
  }
}

TEST(Processing, DependsOnItsSeedsAlone) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    PairRaster first = Noise(1), again = Noise(1);
    Processing(seed, kSize_px, kSize_px).Apply(first, 11);
    Processing(seed, kSize_px, kSize_px).Apply(again, 11);
    first.phase_rad(5, 7) = again.phase_rad(5, 7) = 0.0f;
    EXPECT_EQ(first.phase_rad.values, again.phase_rad.values);
  }
}

}  // namespace
}  // namespace fringewatch::trainer
