/// Truth: linear ground, and a dense weighted least-squares solution of every pixel.
#include "services/unwrapper/core/sbas.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <cstring>
#include <set>

#include "common/base/units.h"
#include "services/unwrapper/core/test_networks.h"

namespace fringewatch::unwrapper {
namespace {

constexpr double kWavelength_m = 0.0555;
const double kScale = MetresPerRadian(kWavelength_m);

Array3<float> Ones(const Array3<float>& like) { return Array3<float>(like.planes, like.rows, like.cols, 1.0F); }

/// Bytes, so that NaN equals NaN.
bool SameBytes(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

/// What the dense solution says of one pixel.
struct DensePixel {
  std::vector<double> series_m, std_m;  // NaN = date without pair
  double temporal_coherence = 0;
  int subsets = 0;
};

/// Connected subsets of the pixel's dates by flooding; -1 = no pair.
std::vector<int> Subsets(const Network& network, const std::vector<double>& weight, int& count) {
  std::vector<int> subset(network.dates.size(), -1);
  count = 0;
  for (size_t seed = 0; seed < subset.size(); ++seed) {
    std::set<size_t> reached = {seed};
    bool grown = true;
    while (grown) {
      grown = false;
      for (size_t m = 0; m < network.edges.size(); ++m) {
        if (weight[m] <= 0) continue;
        const size_t a = network.edges[m].first, b = network.edges[m].second;
        if (reached.contains(a) != reached.contains(b)) {
          reached.insert({a, b});
          grown = true;
        }
      }
    }
    if (subset[seed] >= 0 || reached.size() == 1) continue;
    for (const size_t k : reached) subset[k] = count;
    ++count;
  }
  return subset;
}

/// Weighted observations A x = phase, and rows gamma (x_k - v t_k - c) = 0 that only matter for what A leaves open.
DensePixel SolveDense(const Network& network, const std::vector<double>& phase, const std::vector<double>& weight) {
  constexpr double kGamma = 1e-4;
  const int dates = static_cast<int>(network.dates.size()), pairs = static_cast<int>(phase.size());
  DensePixel pixel;
  const std::vector<int> subset = Subsets(network, weight, pixel.subsets);
  const auto found = std::find_if(subset.begin(), subset.end(), [](int s) { return s >= 0; });
  const int first = static_cast<int>(found - subset.begin());
  Eigen::MatrixXd system = Eigen::MatrixXd::Zero(pairs + dates + 1, dates + 2);
  Eigen::VectorXd right = Eigen::VectorXd::Zero(pairs + dates + 1);
  int used = 0, used_dates = 0;
  for (int m = 0; m < pairs; ++m) {
    if (weight[m] <= 0) continue;
    ++used;
    system(m, network.edges[m].second) = std::sqrt(weight[m]);
    system(m, network.edges[m].first) = -std::sqrt(weight[m]);
    right[m] = std::sqrt(weight[m]) * phase[m];
  }
  for (int k = 0; k < dates; ++k) {
    if (subset[k] < 0) continue;
    ++used_dates;
    system(pairs + k, k) = kGamma;
    system(pairs + k, dates) = -kGamma * network.days[k] / 100;
    system(pairs + k, dates + 1) = -kGamma;
  }
  if (used > 0) system(pairs + dates, first) = 1.0;  // zero at the first date
  const Eigen::VectorXd x = system.completeOrthogonalDecomposition().solve(right);
  const Eigen::MatrixXd design = system.leftCols(dates).topRows(pairs);
  const Eigen::MatrixXd inverse = (design.transpose() * design).completeOrthogonalDecomposition().pseudoInverse();
  double squares = 0, cosine = 0, sine = 0;
  for (int m = 0; m < pairs; ++m) {
    if (weight[m] <= 0) continue;
    const double residual = phase[m] - (x[network.edges[m].second] - x[network.edges[m].first]);
    squares += weight[m] * residual * residual;
    cosine += std::cos(residual);
    sine += std::sin(residual);
  }
  const int freedom = used - (used_dates - pixel.subsets);
  const double factor = freedom > 0 ? squares / freedom : 1.0;
  pixel.temporal_coherence = std::hypot(cosine, sine) / used;
  for (int k = 0; k < dates; ++k) {
    const bool here = subset[k] >= 0;
    pixel.series_m.push_back(here ? kScale * x[k] : NAN);
    const double variance = here ? inverse(k, k) + inverse(first, first) - 2 * inverse(k, first) : NAN;
    pixel.std_m.push_back(std::abs(kScale) * std::sqrt(factor * std::max(0.0, variance)));
  }
  return pixel;
}

/// A random network: neighbours up to `reach`, and now and then none.
Network RandomNetwork(KeyedRandom& random) {
  const int dates = random.Integer(3, 16), reach = random.Integer(1, 9);
  std::vector<Edge> edges = {{0, 1}};
  for (int i = 0; i < dates; ++i) {
    for (int j = i + 1; j <= std::min(dates - 1, i + reach); ++j) {
      if ((i > 0 || j > 1) && random.Chance(0.6)) edges.push_back({i, j});
    }
  }
  return NetworkOf(edges);
}

TEST(InvertSbas, RecoversLinearGround) {
  for (const auto& [dates, pairs] : {std::pair(10, 30), std::pair(28, 100), std::pair(12, 66)}) {
    const Network network = NetworkOf(ShortestSpans(dates, pairs));
    const auto truth = [&](int k, int r, int c) { return 0.02 * (r - 3 * c) * network.days[k]; };
    const Array3<float> phase = PairPhases(network, 5, 7, truth);
    const SbasSeries series = InvertSbas(network, phase, Ones(phase), kWavelength_m, 1);
    for (int k = 0; k < dates; ++k) {
      for (int r = 0; r < 5; ++r) {
        for (int c = 0; c < 7; ++c) {
          EXPECT_NEAR(series.displacement_m(k, r, c), kScale * truth(k, r, c), 1e-6 * (1 + std::abs(truth(k, r, c))));
        }
      }
    }
    for (const float coherence : series.temporal_coherence.values) EXPECT_GT(coherence, 0.99999F);
    EXPECT_EQ(series.disconnected(2, 2), 0);
    EXPECT_EQ(series.pairs_used(2, 2), pairs);
  }
}

TEST(InvertSbas, AgreesWithTheDenseSolutionOnRandomNetworks) {
  const uint64_t seed = TestSeed(20240607);
  int split_pixels = 0, redundant_pixels = 0;
  for (int trial = 0; trial < 60; ++trial) {
    KeyedRandom random(HashKeys(seed, trial));
    const Network network = RandomNetwork(random);
    const int pairs = static_cast<int>(network.edges.size()), cols = 19;
    const double gaps = random.Uniform(0.0, 0.6);
    Array3<float> phase(pairs, 1, cols), weights(pairs, 1, cols);
    for (size_t i = 0; i < phase.values.size(); ++i) {
      const size_t m = i / cols;
      phase.values[i] = static_cast<float>(0.05 * Span_days(network, m) + random.Normal());
      weights.values[i] = static_cast<float>(random.LogUniform(0.1, 100.0));
      if (random.Chance(gaps)) (random.Chance(0.5) ? phase : weights).values[i] = random.Chance(0.9) ? kMissing : 0.0F;
    }
    const SbasSeries series = InvertSbas(network, phase, weights, kWavelength_m, 1);
    for (int c = 0; c < cols; ++c) {
      std::vector<double> p(pairs), w(pairs);
      for (int m = 0; m < pairs; ++m) {
        const bool here = !std::isnan(phase(m, 0, c)) && weights(m, 0, c) > 0;
        p[m] = here ? phase(m, 0, c) : 0;
        w[m] = here ? weights(m, 0, c) : 0;
      }
      const DensePixel truth = SolveDense(network, p, w);
      SCOPED_TRACE(fmt::format("trial {} pixel {} subsets {}", trial, c, truth.subsets));
      EXPECT_EQ(series.disconnected(0, c), truth.subsets > 1);
      if (truth.subsets > 0) {
        EXPECT_NEAR(series.temporal_coherence(0, c), truth.temporal_coherence, 2e-6);
      }
      (truth.subsets > 1 ? split_pixels : redundant_pixels) += 1;
      for (size_t k = 0; k < network.dates.size(); ++k) {
        const int date = static_cast<int>(k);
        const float x = series.displacement_m(date, 0, c), s = series.displacement_std_m(date, 0, c);
        ASSERT_EQ(std::isnan(x), std::isnan(truth.series_m[k]));
        ASSERT_EQ(std::isnan(s), std::isnan(truth.series_m[k]));
        if (std::isnan(x)) continue;
        EXPECT_NEAR(x, truth.series_m[k], 2e-6);
        if (truth.subsets == 1) {
          EXPECT_NEAR(s, truth.std_m[k], 1e-4 * truth.std_m[k] + 1e-7);
        }
      }
    }
  }
  EXPECT_GT(split_pixels, 50);
  EXPECT_GT(redundant_pixels, 50);
}

TEST(InvertSbas, SubsetsOfLinearGroundAreJoinedOnTheLine) {
  const Network network = NetworkOf({{0, 1}, {1, 2}, {0, 2}, {3, 4}, {4, 5}, {3, 5}, {2, 3}});
  const auto truth = [&](int k, int, int c) { return (c == 0 ? 0.05 : -0.3) * network.days[k]; };
  Array3<float> phase = PairPhases(network, 1, 2, truth);
  phase(4 - 1, 0, 0) = kMissing;  // pair (2, 3), the only bridge
  ASSERT_EQ(network.edges[3].first, 2);
  const SbasSeries series = InvertSbas(network, phase, Ones(phase), kWavelength_m, 1);
  EXPECT_EQ(series.disconnected(0, 0), 1);
  EXPECT_EQ(series.disconnected(0, 1), 0);
  for (int k = 0; k < 6; ++k) {
    EXPECT_NEAR(series.displacement_m(k, 0, 0), kScale * truth(k, 0, 0), 1e-7) << k;
    EXPECT_NEAR(series.displacement_m(k, 0, 1), kScale * truth(k, 0, 1), 1e-7) << k;
  }
}

TEST(InvertSbas, DatesWithoutPairsAreMissingAndTheSeriesStartsAtItsFirstDate) {
  const Network network = NetworkOf(ShortestSpans(6, 12));
  Array3<float> phase = PairPhases(network, 1, 3, [&](int k, int, int) { return 0.1 * network.days[k]; });
  for (size_t m = 0; m < network.edges.size(); ++m) {
    const auto [first, second] = network.edges[m];
    if (first == 0 || first == 4 || second == 4) phase(static_cast<int>(m), 0, 1) = kMissing;
    phase(static_cast<int>(m), 0, 2) = kMissing;
  }
  const SbasSeries series = InvertSbas(network, phase, Ones(phase), kWavelength_m, 1);
  for (int k = 0; k < 6; ++k) {
    const bool gone = k == 0 || k == 4;
    EXPECT_EQ(std::isnan(series.displacement_m(k, 0, 1)), gone) << k;
    if (!gone) {
      EXPECT_NEAR(series.displacement_m(k, 0, 1), kScale * 0.1 * (network.days[k] - network.days[1]), 1e-7);
    }
    EXPECT_TRUE(std::isnan(series.displacement_m(k, 0, 2)));
    EXPECT_TRUE(std::isnan(series.displacement_std_m(k, 0, 2)));
  }
  EXPECT_EQ(series.disconnected(0, 1), 0);
  EXPECT_TRUE(std::isnan(series.temporal_coherence(0, 2)));
  EXPECT_EQ(series.pairs_used(0, 2), 0);
}

/// Noise of the variance that the weights state, times `excess`: errors must be what the sigmas say.
double ShareWithinOneSigma(uint64_t seed, double excess, double& mean_coherence) {
  const Network network = NetworkOf(ShortestSpans(28, 100));
  const int rows = 30, cols = 40;
  Array3<float> phase = PairPhases(network, rows, cols, [&](int k, int, int) { return 0.03 * network.days[k]; });
  Array3<float> weights = phase;
  KeyedRandom random(seed);
  for (size_t i = 0; i < phase.values.size(); ++i) {
    weights.values[i] = PhaseWeight(static_cast<float>(random.Uniform(0.3, 0.9)), 10.0);
    phase.values[i] += static_cast<float>(std::sqrt(excess / weights.values[i]) * random.Normal());
    if (random.Chance(0.1)) phase.values[i] = kMissing;
  }
  const SbasSeries series = InvertSbas(network, phase, weights, kWavelength_m, 1);
  long within = 0, all = 0;
  for (int k = 1; k < 28; ++k) {
    const double truth = kScale * 0.03 * network.days[k];
    for (size_t i = 0; i < series.displacement_m.plane_size(); ++i) {
      within += std::abs(series.displacement_m.plane(k)[i] - truth) < series.displacement_std_m.plane(k)[i];
      ++all;
    }
  }
  mean_coherence = series.temporal_coherence(rows / 2, cols / 2);
  return static_cast<double>(within) / static_cast<double>(all);
}

TEST(InvertSbas, SigmasAreCalibrated) {
  const uint64_t seed = TestSeed(7);
  double plain_coherence = 0, noisy_coherence = 0;
  const double plain = ShareWithinOneSigma(seed, 1.0, plain_coherence);
  const double noisy = ShareWithinOneSigma(seed, 4.0, noisy_coherence);  // the a-posteriori factor has to find it
  EXPECT_GT(plain, 0.62);
  EXPECT_LT(plain, 0.74);
  EXPECT_GT(noisy, 0.62);
  EXPECT_LT(noisy, 0.74);
  EXPECT_LT(noisy_coherence, plain_coherence);
}

TEST(InvertSbas, AnswerDependsNeitherOnThreadsNorOnNeighbours) {
  const Network network = NetworkOf(ShortestSpans(12, 30));
  Array3<float> phase(30, 101, 97), weights(30, 101, 97);
  KeyedRandom random(5);
  for (size_t i = 0; i < phase.values.size(); ++i) {
    phase.values[i] = random.Chance(0.15) ? kMissing : static_cast<float>(5 * random.Normal());
    weights.values[i] = static_cast<float>(random.LogUniform(0.1, 100.0));
  }
  const SbasSeries one = InvertSbas(network, phase, weights, kWavelength_m, 1);
  const SbasSeries three = InvertSbas(network, phase, weights, kWavelength_m, 3);
  EXPECT_TRUE(SameBytes(one.displacement_m.values, three.displacement_m.values));
  EXPECT_TRUE(SameBytes(one.displacement_std_m.values, three.displacement_std_m.values));
  EXPECT_TRUE(SameBytes(one.temporal_coherence.values, three.temporal_coherence.values));
  Array3<float> alone_phase(30, 1, 1), alone_weight(30, 1, 1);
  for (int m = 0; m < 30; ++m) {
    alone_phase(m, 0, 0) = phase(m, 50, 33);
    alone_weight(m, 0, 0) = weights(m, 50, 33);
  }
  const SbasSeries alone = InvertSbas(network, alone_phase, alone_weight, kWavelength_m, 1);
  for (int k = 0; k < 12; ++k) {
    EXPECT_TRUE(SameBytes({alone.displacement_m(k, 0, 0)}, {one.displacement_m(k, 50, 33)}));
  }
}

TEST(PhaseWeight, IsTheInverseOfTheCramerRaoBound) {
  EXPECT_NEAR(PhaseWeight(0.5F, 10.0), 2 * 10 * 0.25 / 0.75, 1e-5);
  EXPECT_EQ(PhaseWeight(kMissing, 10.0), 0.0F);
  EXPECT_FLOAT_EQ(PhaseWeight(0.0F, 10.0), PhaseWeight(0.05F, 10.0));
  EXPECT_FLOAT_EQ(PhaseWeight(1.0F, 10.0), PhaseWeight(0.99F, 10.0));
}

}  // namespace
}  // namespace fringewatch::unwrapper
