#include "services/detector/core/gradient_stack.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "common/base/random.h"
#include "common/raster/phase.h"

namespace fringewatch::detector {
namespace {

constexpr uint64_t kSeed = 20240611;

/// A tilted plane that grows with time, with noise of one sigma `noise_rad` per pixel.
PairRaster TiltedPair(int rows, int cols, double col_rate, double row_rate, double days, double noise_rad,
                      float coherence, uint64_t key) {
  PairRaster pair{Array2<float>(rows, cols), Array2<float>(rows, cols, coherence)};
  KeyedRandom random(HashKeys(kSeed, key));
  const double offset = random.Uniform(-kPi, kPi);
  for (int row = 0; row < rows; ++row) {
    for (int col = 0; col < cols; ++col) {
      const double phase = offset + days * (col_rate * col + row_rate * row) + noise_rad * random.Normal();
      pair.phase_rad(row, col) = Wrap(static_cast<float>(phase));
    }
  }
  return pair;
}

TEST(GradientStack, RecoversAConstantRateExactlyWithoutNoise) {
  const double col_rate = 0.02, row_rate = -0.013;  // up to 0.96 rad/px in 48 days
  GradientStack stack(40, 60);
  for (const int days : {12, 24, 36, 48})
    stack.Add(TiltedPair(40, 60, col_rate, row_rate, days, 0.0, 0.8F, days), days);
  for (int row = 0; row < 40; ++row) {
    for (int col = 0; col < 60; ++col) {
      const GradientRate rate = stack.At(row, col);
      ASSERT_EQ(rate.pairs, 4);
      ASSERT_NEAR(rate.col_rad_per_px_day, col_rate, 1e-5) << row << " " << col;
      ASSERT_NEAR(rate.row_rad_per_px_day, row_rate, 1e-5) << row << " " << col;
    }
  }
  EXPECT_GT(stack.At(20, 20).Significance(), 100.0F);
}

TEST(GradientStack, AnglesAreAccurateAllAround) {
  // One pair of 1 day: the rate is the gradient itself, from -1.5 to 1.5 rad/px, both halves of every quadrant.
  double worst = 0.0;
  for (int step = -150; step <= 150; ++step) {
    GradientStack stack(5, 9);
    stack.Add(TiltedPair(5, 9, step / 100.0, -step / 120.0, 1.0, 0.0, 0.9F, 1), 1.0);
    worst = std::max(worst, std::abs(stack.At(2, 4).col_rad_per_px_day - step / 100.0));
    worst = std::max(worst, std::abs(stack.At(2, 4).row_rad_per_px_day + step / 120.0));
  }
  std::printf("largest error of one gradient: %.1e rad/px\n", worst);
  EXPECT_LT(worst, 5e-6);
}

TEST(GradientStack, SigmaIsTheScatterOfTheRate) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  const double col_rate = 0.004, row_rate = 0.002;
  const int size = 240, pairs = 24;
  GradientStack stack(size, size);
  for (int pair = 0; pair < pairs; ++pair) {
    const int days = 12 * (1 + pair % 4);
    stack.Add(TiltedPair(size, size, col_rate, row_rate, days, 0.6, 0.5F, 100 + pair), days);
  }
  double sum = 0, squares = 0, variance = 0;
  int count = 0;
  for (int row = 4; row < size - 4; row += 6) {  // far enough apart to be independent
    for (int col = 4; col < size - 4; col += 6) {
      const GradientRate rate = stack.At(row, col);
      const double error = rate.col_rad_per_px_day - col_rate;
      sum += error;
      squares += error * error;
      variance += rate.variance;
      ++count;
    }
  }
  const double scatter = std::sqrt(squares / count), sigma = std::sqrt(variance / count);
  std::printf("rate: bias %.2e, scatter %.2e, sigma %.2e rad/px/day (%d places)\n", sum / count, scatter, sigma, count);
  EXPECT_NEAR(sum / count, 0.0, 4.0 * scatter / std::sqrt(count));
  EXPECT_NEAR(sigma / scatter, 1.0, 0.08);
}

TEST(GradientStack, NoiseIsNotSignificantAndIncoherentPairsWeighLittle) {
  const int size = 120;
  GradientStack noise(size, size), mixed(size, size);
  for (int pair = 0; pair < 20; ++pair) {
    noise.Add(TiltedPair(size, size, 0.0, 0.0, 12, 0.8, 0.5F, 300 + pair), 12);
    const bool bad = pair % 2 == 1;
    mixed.Add(TiltedPair(size, size, 0.01, 0.0, 12, bad ? 6.0 : 0.3, bad ? 0.1F : 0.8F, 400 + pair), 12);
  }
  double significance = 0, error = 0;
  for (int row = 0; row < size; ++row) {
    for (int col = 0; col < size; ++col) {
      significance += noise.At(row, col).Significance() / (size * size);
      error += std::abs(mixed.At(row, col).col_rad_per_px_day - 0.01) / (size * size);
    }
  }
  std::printf("mean significance of noise %.3f; mean error with every second pair useless %.1f %% of the rate\n",
              significance, 100 * error / 0.01);
  EXPECT_NEAR(significance, std::sqrt(kPi / 2), 0.1);
  EXPECT_LT(error, 0.05 * 0.01 + 0.0008);
}

TEST(GradientStack, MissingPixelsAreMissingNotStable) {
  GradientStack stack(30, 30);
  for (int pair = 0; pair < 3; ++pair) {
    PairRaster raster = TiltedPair(30, 30, 0.01, 0.005, 24, 0.0, 0.7F, 500 + pair);
    for (int row = 10; row < 20; ++row) {
      for (int col = 10; col < 20; ++col) raster.phase_rad(row, col) = raster.coherence(row, col) = kMissing;
    }
    stack.Add(raster, 24);
  }
  EXPECT_EQ(stack.At(15, 15).pairs, 0);
  for (int row = 0; row < 30; ++row) {
    for (int col = 0; col < 30; ++col) {
      const GradientRate rate = stack.At(row, col);
      if (rate.pairs == 0) continue;
      ASSERT_NEAR(rate.col_rad_per_px_day, 0.01, 1e-5) << row << " " << col;
    }
  }
}

TEST(GradientStack, OrderOfPairsDoesNotMatter) {
  std::vector<PairRaster> pairs;
  for (int pair = 0; pair < 6; ++pair)
    pairs.push_back(TiltedPair(20, 20, 0.003, 0, 12 + 12 * pair, 0.5, 0.5F, 600 + pair));
  GradientStack forward(20, 20), backward(20, 20);
  for (int pair = 0; pair < 6; ++pair) forward.Add(pairs[pair], 12 + 12 * pair);
  for (int pair = 5; pair >= 0; --pair) backward.Add(pairs[pair], 12 + 12 * pair);
  for (int i = 0; i < 400; ++i) {
    const GradientRate a = forward.At(i / 20, i % 20), b = backward.At(i / 20, i % 20);
    ASSERT_NEAR(a.col_rad_per_px_day, b.col_rad_per_px_day, 1e-7);
    ASSERT_NEAR(a.Significance(), b.Significance(), 1e-3F * a.Significance());
  }
}

TEST(GradientStack, Speed) {
  const int size = 1024, repeats = 12;
  const PairRaster pair = TiltedPair(size, size, 0.01, 0.0, 12, 0.5, 0.6F, 700);
  GradientStack stack(size, size);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < repeats; ++i) stack.Add(pair, 12);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("gradient stack: %.0f Mpx/s on one thread\n", 1e-6 * size * size * repeats / seconds);
  EXPECT_EQ(stack.At(500, 500).pairs, repeats);
}

}  // namespace
}  // namespace fringewatch::detector
