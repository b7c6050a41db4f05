#include "services/detector/core/stack_evidence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <numeric>

#include "common/base/random.h"

namespace fringewatch::detector {
namespace {

constexpr uint64_t kSeed = 7;

/// `epochs` dates 12 days apart, every pair up to `reach` dates long.
std::vector<Pair> NearPairs(int epochs, int reach) {
  std::vector<Pair> pairs;
  for (int i = 0; i < epochs; ++i) {
    for (int j = i + 1; j <= std::min(epochs - 1, i + reach); ++j) pairs.push_back({Date{12 * i}, Date{12 * j}});
  }
  return pairs;
}

PairRaster Flat(int rows, int cols) { return {Array2<float>(rows, cols, 0.5F), Array2<float>(rows, cols, 0.6F)}; }

float At(const torch::Tensor& features, int feature, int row, int col) {
  return features[feature][row][col].item<float>();
}

TEST(StackEvidence, OneBadEpochIsNoEvidencePersistenceIs) {
  const Network network = BuildNetwork(NearPairs(8, 3));
  StackEvidence evidence(network, 8, 12);
  for (int pair = 0; pair < static_cast<int>(network.edges.size()); ++pair) {
    const Edge edge = network.edges[pair];
    torch::Tensor logits = torch::full({4, 6}, -3.0F);
    if (edge.first == 3 || edge.second == 3) logits[1][1] = 9.0F;  // atmosphere of epoch 3
    logits[2][4] = 2.0F;                                           // ground that moves
    if (pair % 3 == 0) logits[3][0] = 3.5F;                        // seen in every third pair
    evidence.Add(pair, logits.repeat_interleave(2, 0).repeat_interleave(2, 1).view({1, 1, 8, 12}), Flat(8, 12));
  }
  const torch::Tensor features = evidence.Features();
  ASSERT_EQ(features.sizes(), (std::vector<int64_t>{kStackFeatures, 4, 6}));
  EXPECT_GT(At(features, kMeanLogit, 1, 1), -1.5F);
  EXPECT_NEAR(At(features, kMeanWithoutEpoch, 1, 1), -3.0F, 0.05F);
  EXPECT_NEAR(At(features, kPeakWithoutEpoch, 1, 1), -3.0F, 0.05F);
  EXPECT_NEAR(At(features, kMeanWithoutEpoch, 2, 4), 2.0F, 0.05F);
  EXPECT_NEAR(At(features, kPeakWithoutEpoch, 2, 4), 2.0F, 0.05F);
  EXPECT_GT(At(features, kPeakWithoutEpoch, 3, 0), 1.0F);
  EXPECT_NEAR(At(features, kMeanCoherence, 0, 0), 0.6F, 1e-5F);
  EXPECT_FLOAT_EQ(At(features, kValidFraction, 0, 0), 1.0F);
}

/// Random logits and gaps over a small network.
struct RandomStack {
  Network network = BuildNetwork(NearPairs(6, 2));
  int rows = 9, cols = 7;  // odd: the last half-resolution pixels are half covered
  std::vector<torch::Tensor> logits;
  std::vector<PairRaster> rasters;
  explicit RandomStack(uint64_t seed) {
    KeyedRandom random(HashKeys(kSeed, seed));
    for (size_t pair = 0; pair < network.edges.size(); ++pair) {
      logits.push_back(torch::empty({rows, cols}));
      for (int i = 0; i < rows * cols; ++i) {
        logits.back().data_ptr<float>()[i] = static_cast<float>(random.Uniform(-6, 6));
      }
      rasters.push_back(Flat(rows, cols));
      for (size_t i = 0; i < rasters.back().phase_rad.size(); ++i) {
        rasters.back().phase_rad.values[i] = static_cast<float>(random.Uniform(-3, 3));
        if (random.Chance(0.6)) rasters.back().phase_rad.values[i] = rasters.back().coherence.values[i] = kMissing;
      }
    }
  }
  /// Mean of the clipped logits of the pixels with data; NaN when there are none.
  [[nodiscard]] double Logit(size_t pair, int i, int j) const {
    double sum = 0;
    int present = 0;
    for (int r = 2 * i; r < std::min(rows, 2 * i + 2); ++r) {
      for (int c = 2 * j; c < std::min(cols, 2 * j + 2); ++c) {
        if (std::isnan(rasters[pair].phase_rad(r, c))) continue;
        sum += std::clamp(logits[pair][r][c].item<double>(), -4.0, 4.0);
        ++present;
      }
    }
    return sum / present;
  }
  /// Statistic over present pairs that do not touch `epoch` (-1: all); NaN when there are none.
  [[nodiscard]] double Mean(int i, int j, int epoch, bool peak) const {
    double sum = 0, weight = 0;
    for (size_t pair = 0; pair < network.edges.size(); ++pair) {
      const Edge edge = network.edges[pair];
      const double logit = Logit(pair, i, j);
      if (edge.first == epoch || edge.second == epoch || std::isnan(logit)) continue;
      const double days = network.days[edge.second] - network.days[edge.first];
      sum += peak ? std::exp(logit) : days * logit;
      weight += peak ? 1.0 : days;
    }
    return peak ? std::log(sum / weight) : sum / weight;
  }
  [[nodiscard]] double LeastWithoutEpoch(int i, int j, bool peak) const {
    double least = std::nan("");
    for (int epoch = 0; epoch < 6; ++epoch) {
      const double mean = Mean(i, j, epoch, peak);
      if (!std::isnan(mean) && !(least <= mean)) least = mean;
    }
    return std::isnan(least) ? Mean(i, j, -1, peak) : least;
  }
};

TEST(StackEvidence, MatchesTheDefinitionWithGapsInAnyOrder) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    const RandomStack stack(seed);
    const int pairs = static_cast<int>(stack.network.edges.size());
    StackEvidence forward(stack.network, stack.rows, stack.cols), backward(stack.network, stack.rows, stack.cols);
    for (int pair = 0; pair < pairs; ++pair) {
      forward.Add(pair, stack.logits[pair], stack.rasters[pair]);
      backward.Add(pairs - 1 - pair, stack.logits[pairs - 1 - pair], stack.rasters[pairs - 1 - pair]);
    }
    const torch::Tensor features = forward.Features();
    EXPECT_TRUE(torch::allclose(features, backward.Features(), 1e-4, 1e-5)) << "seed " << seed;
    for (int i = 0; i < 5; ++i) {
      for (int j = 0; j < 4; ++j) {
        int present = 0;
        for (int pair = 0; pair < pairs; ++pair) present += !std::isnan(stack.Logit(pair, i, j));
        ASSERT_FLOAT_EQ(At(features, kValidFraction, i, j), static_cast<float>(present) / static_cast<float>(pairs));
        if (present == 0) {
          ASSERT_EQ(features.slice(1, i, i + 1).slice(2, j, j + 1).abs().sum().item<float>(), 0.0F);
          continue;
        }
        const std::string where = fmt::format("seed {} at {}, {}", seed, i, j);
        ASSERT_NEAR(At(features, kMeanLogit, i, j), stack.Mean(i, j, -1, false), 0.017) << where;
        ASSERT_NEAR(At(features, kMeanWithoutEpoch, i, j), stack.LeastWithoutEpoch(i, j, false), 0.017) << where;
        ASSERT_NEAR(At(features, kPeakWithoutEpoch, i, j), stack.LeastWithoutEpoch(i, j, true), 0.02) << where;
      }
    }
  }
}

TEST(StackEvidence, CountsThePairsThatShowASite) {
  const Network network = BuildNetwork(NearPairs(5, 1));
  StackEvidence evidence(network, 8, 8);
  for (int pair = 0; pair < 4; ++pair) {
    PairRaster raster = Flat(8, 8);
    if (pair == 3) std::fill_n(raster.phase_rad.values.begin(), 60, kMissing);  // shows it, but saw hardly any of it
    const float logit = pair == 1 ? -1.0F : 1.0F;
    evidence.Add(pair, torch::full({8, 8}, logit), raster);
  }
  std::vector<int> everywhere(16);
  std::iota(everywhere.begin(), everywhere.end(), 0);
  EXPECT_EQ(evidence.VotingPairs(everywhere), (std::vector<int>{0, 2}));
}

TEST(StackEvidence, SinglePairKeepsItsOwnAnswer) {
  const Network network = BuildNetwork(NearPairs(2, 1));
  StackEvidence evidence(network, 4, 4);
  evidence.Add(0, torch::full({4, 4}, 1.5F), Flat(4, 4));
  const torch::Tensor features = evidence.Features();
  for (const int feature : {kMeanLogit, kMeanWithoutEpoch, kPeakWithoutEpoch}) {
    EXPECT_NEAR(At(features, feature, 1, 1), 1.5F, 0.02F);
  }
}

}  // namespace
}  // namespace fringewatch::detector
