#include "services/unwrapper/core/noise_mask.h"

#include <gtest/gtest.h>

#include <cmath>

#include "common/base/random.h"
#include "common/raster/phase.h"
#include "tests/support/seed.h"

namespace fringewatch::unwrapper {
namespace {

constexpr double kWavelength_m = 0.0555;
constexpr int kSize_px = 40;

/// Every pair of `dates` dates, 12 days apart, that spans at most three steps.
Network NearestThree(int dates) {
  std::vector<Pair> pairs;
  for (int i = 0; i < dates; ++i) {
    for (int j = i + 1; j <= std::min(dates - 1, i + 3); ++j) pairs.push_back({{19000 + 12 * i}, {19000 + 12 * j}});
  }
  return BuildNetwork(pairs);
}

/// Left half: a steady rate with 0.5 rad of noise; right half: phase without any memory.
SbasSeries HalfGroundHalfWater(const Network& network) {
  KeyedRandom random(TestSeed(11));
  Array3<float> phase_rad(static_cast<int>(network.edges.size()), kSize_px, kSize_px);
  for (int p = 0; p < phase_rad.planes; ++p) {
    const double span_days = network.days[network.edges[p].second] - network.days[network.edges[p].first];
    for (int r = 0; r < kSize_px; ++r) {
      for (int c = 0; c < kSize_px; ++c) {
        phase_rad(p, r, c) =
            static_cast<float>(c < kSize_px / 2 ? 0.05 * span_days + 0.5 * random.Normal() : random.Uniform(-kPi, kPi));
      }
    }
  }
  return InvertSbas(network, phase_rad, Array3<float>(phase_rad.planes, kSize_px, kSize_px, 1.0F), kWavelength_m, 1);
}

TEST(NoiseTemporalCoherence, IsWhatAFitToNoiseReaches) {
  for (const int dates : {8, 12, 30}) {
    const Network network = NearestThree(dates);
    const SbasSeries series = HalfGroundHalfWater(network);
    const NoiseCoherence expected = NoiseTemporalCoherence(static_cast<int>(network.edges.size()), dates - 1);
    constexpr double kCount = kSize_px * kSize_px / 2.0;
    double sum = 0, squares = 0;
    for (int r = 0; r < kSize_px; ++r) {
      for (int c = kSize_px / 2; c < kSize_px; ++c) {
        const double coherence = series.temporal_coherence(r, c);
        sum += coherence;
        squares += coherence * coherence;
      }
    }
    const double mean = sum / kCount, std = std::sqrt(squares / kCount - mean * mean);
    std::printf("%d dates: mean %.3f, expected %.3f; std %.3f, expected %.3f\n", dates, mean, expected.mean, std,
                expected.std);
    EXPECT_NEAR(mean, expected.mean, 0.08) << dates << " dates";
    EXPECT_NEAR(std, expected.std, 0.3 * expected.std) << dates << " dates";
  }
}

TEST(DropNoise, TakesTheWaterAndLeavesTheGround) {
  const Network network = NearestThree(12);
  SbasSeries series = HalfGroundHalfWater(network);
  const long dropped = DropNoise(network, series);
  int water_kept = 0, ground_lost = 0;
  for (int r = 0; r < kSize_px; ++r) {
    for (int c = 0; c < kSize_px; ++c) {
      const bool kept = !std::isnan(series.displacement_m(5, r, c));
      (c < kSize_px / 2 ? ground_lost : water_kept) += c < kSize_px / 2 ? !kept : kept;
    }
  }
  EXPECT_EQ(ground_lost, 0) << "up to the shore";
  EXPECT_LE(water_kept, 3) << "from the shore on";
  EXPECT_EQ(dropped, kSize_px * kSize_px / 2 - water_kept);
}

TEST(DropNoise, WithFewPairsToSpareGoodGroundStays) {
  for (const int dates : {3, 4, 5}) {
    const Network network = NearestThree(dates);
    SbasSeries series = HalfGroundHalfWater(network);
    (void)DropNoise(network, series);
    int ground_lost = 0;
    for (int r = 0; r < kSize_px; ++r) {
      for (int c = 0; c < kSize_px / 2; ++c) ground_lost += std::isnan(series.displacement_m(1, r, c));
    }
    EXPECT_LT(ground_lost, kSize_px * kSize_px / 40) << dates << " dates";
  }
}

TEST(DropNoise, ANetworkWithoutRedundancyIsLeftAlone) {
  std::vector<Pair> chain;
  for (int i = 0; i < 5; ++i) chain.push_back({{19000 + 12 * i}, {19012 + 12 * i}});
  const Network network = BuildNetwork(chain);
  SbasSeries series = HalfGroundHalfWater(network);
  EXPECT_EQ(DropNoise(network, series), 0);
}

}  // namespace
}  // namespace fringewatch::unwrapper
