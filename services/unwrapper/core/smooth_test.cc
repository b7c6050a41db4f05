#include "services/unwrapper/core/smooth.h"

#include <gtest/gtest.h>

#include "common/raster/phase.h"
#include "common/sim/noise_field.h"
#include "services/unwrapper/core/test_rasters.h"
#include "tests/support/seed.h"

namespace fringewatch::unwrapper {
namespace {

/// Truth plus the noise of an observation, as a perfect unwrapping leaves it.
Array2<float> Unwrapped(const PairRaster& pair, const Array2<float>& truth_rad) {
  Array2<float> unwrapped = truth_rad;
  for (size_t i = 0; i < unwrapped.size(); ++i) {
    unwrapped.values[i] = Congruent(pair.phase_rad.values[i], truth_rad.values[i]);
  }
  return unwrapped;
}

double Rmse(const Array2<float>& a, const Array2<float>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::pow(a.values[i] - b.values[i], 2);
  return std::sqrt(sum / static_cast<double>(a.size()));
}

TEST(Smooth, LeavesABentPlaneAsItIs) {
  Array2<float> phase(60, 50), coherence(60, 50, 0.6F);
  for (int r = 0; r < phase.rows; ++r) {
    for (int c = 0; c < phase.cols; ++c) phase(r, c) = static_cast<float>(3 + 0.8 * r - 2.5 * c + 0.02 * r * c);
  }
  const Smoothed smooth = SmoothPhase(phase, coherence);
  for (size_t i = 0; i < phase.size(); ++i) EXPECT_NEAR(smooth.value.values[i], phase.values[i], 0.02);
}

TEST(Smooth, WhatIsMissingStaysMissingAndHarmsNothing) {
  Array2<float> phase(40, 40, 1.5F), coherence(40, 40, 0.8F);
  for (int c = 10; c < 20; ++c) phase(20, c) = phase(21, c) = kMissing;
  const Smoothed smooth = SmoothPhase(phase, coherence);
  for (size_t i = 0; i < phase.size(); ++i) {
    EXPECT_EQ(std::isnan(phase.values[i]), std::isnan(smooth.value.values[i]));
    EXPECT_EQ(std::isnan(phase.values[i]), std::isnan(smooth.std.values[i]));
    if (!std::isnan(phase.values[i])) {
      EXPECT_NEAR(smooth.value.values[i], 1.5, 1e-3);
    }
  }
}

/// Noise goes where nothing happens, and fringes keep their shape.
TEST(Smooth, TakesNoiseFromBowls) {
  const uint64_t seed = TestSeed(71);
  for (const double coherence : {0.9, 0.7, 0.5, 0.35}) {
    for (const double gradient : {0.5, 3.0}) {
      const Array2<float> truth = Bowl(128, 128, 60, 66, 9, gradient);
      const PairRaster pair = Speckled(truth, coherence, seed);
      const Array2<float> noisy = Unwrapped(pair, truth);
      const Smoothed smooth = SmoothPhase(noisy, pair.coherence);
      EXPECT_LT(Rmse(smooth.value, truth), 0.35 * Rmse(noisy, truth)) << coherence << " " << gradient;
    }
  }
}

TEST(Smooth, TwoThirdsOfTheErrorsLieWithinOneStandardDeviation) {
  const uint64_t seed = TestSeed(72);
  for (const double coherence : {0.9, 0.7, 0.5, 0.35}) {
    long inside = 0, count = 0;
    for (int patch = 0; patch < 4; ++patch) {
      Array2<float> truth = Bowl(128, 128, 64, 64, 5 + 4 * patch, 2.0);
      sim::PowerLawField(seed + patch, 64, 1, 5.0 / 6.0, 1.0).AddTo(truth.frame(), truth);
      const PairRaster pair = Speckled(truth, coherence, seed + patch);
      const Smoothed smooth = SmoothPhase(Unwrapped(pair, truth), pair.coherence);
      for (size_t i = 0; i < truth.size(); ++i) {
        inside += std::abs(smooth.value.values[i] - truth.values[i]) < smooth.std.values[i];
        ++count;
      }
    }
    const double share = static_cast<double>(inside) / static_cast<double>(count);
    EXPECT_GT(share, 0.58) << coherence;
    EXPECT_LT(share, 0.78) << coherence;
  }
}

TEST(Smooth, ACycleThatIsWrongStaysSharp) {
  Array2<float> phase(64, 64), coherence(64, 64, 0.9F);
  for (int r = 20; r < 44; ++r) {
    for (int c = 20; c < 44; ++c) phase(r, c) = static_cast<float>(kTwoPi);
  }
  const Smoothed smooth = SmoothPhase(phase, coherence);
  EXPECT_NEAR(smooth.value(32, 32), kTwoPi, 0.05);
  EXPECT_NEAR(smooth.value(32, 16), 0, 0.3);
  EXPECT_NEAR(smooth.value(32, 23), kTwoPi, 0.3);
}

TEST(Smooth, TilesDoNotShow) {
  const Array2<float> truth = Bowl(40, 600, 20, 512, 12, 1.0);
  const PairRaster pair = Speckled(truth, 0.6, TestSeed(73));
  const Array2<float> noisy = Unwrapped(pair, truth);
  const Window part{0, 440, 40, 140};
  const Smoothed whole = SmoothPhase(noisy, pair.coherence),
                 alone = SmoothPhase(Crop(noisy, part), Crop(pair.coherence, part));
  for (int r = 0; r < 40; ++r) {
    for (int c = 480; c < 540; ++c) EXPECT_NEAR(whole.value(r, c), alone.value(r, c - part.col0), 1e-3);
  }
}

}  // namespace
}  // namespace fringewatch::unwrapper
