#include "common/sim/speckle.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/seed.h"

namespace fringewatch::sim {
namespace {

const uint64_t kSeed = TestSeed(815);
constexpr int kDraws = 200000;

/// Probability density of the multilook phase noise (Lee et al. 1994).
double PhaseDensity(double looks, double coherence, double phase) {
  const double beta = coherence * std::cos(phase), z = beta * beta;
  double hypergeometric = 0.0, term = 1.0;  // 2F1(looks, 1; 1/2; z)
  for (int n = 0; n < 4000 && std::abs(term) > 1e-14 * std::abs(hypergeometric); ++n) {
    hypergeometric += term;
    term *= (looks + n) / (0.5 + n) * z;
  }
  const double shrink = std::pow(1.0 - coherence * coherence, looks);
  const double peak = std::exp(std::lgamma(looks + 0.5) - std::lgamma(looks)) / (2.0 * std::sqrt(kPi));
  return peak * shrink * beta / std::pow(1.0 - z, looks + 0.5) + shrink / kTwoPi * hypergeometric;
}

/// Mean of the sample coherence (Touzi et al. 1999).
double MeanSampleCoherence(double looks, double coherence) {
  const double z = coherence * coherence;
  double hypergeometric = 0.0, term = 1.0;  // 3F2(3/2, looks, looks; looks + 1/2, 1; z)
  for (int n = 0; n < 20000 && term > 1e-14 * hypergeometric; ++n) {
    hypergeometric += term;
    term *= (1.5 + n) * (looks + n) * (looks + n) / ((looks + 0.5 + n) * (1.0 + n) * (1.0 + n)) * z;
  }
  return std::exp(std::lgamma(looks) + std::lgamma(1.5) - std::lgamma(looks + 0.5)) * hypergeometric *
         std::pow(1.0 - z, looks);
}

struct Moments {
  double density_sum = 0.0, phase_squared = 0.0, cosine = 0.0;
};

Moments Expected(double looks, double coherence) {
  constexpr int kSteps = 2000;
  Moments m;
  for (int i = 0; i < kSteps; ++i) {
    const double phase = -kPi + kTwoPi * (i + 0.5) / kSteps;
    const double share = PhaseDensity(looks, coherence, phase) * kTwoPi / kSteps;
    m.density_sum += share, m.phase_squared += share * phase * phase, m.cosine += share * std::cos(phase);
  }
  return m;
}

struct Case {
  double looks, coherence;
};

class SpeckleStatistics : public testing::TestWithParam<Case> {};

TEST_P(SpeckleStatistics, AreThoseOfTheWishartDistribution) {
  const auto [looks, coherence] = GetParam();
  const SpeckleSampler sampler(looks);
  double phase = 0, phase_squared = 0, phase_fourth = 0, cosine = 0, estimate = 0, estimate_squared = 0;
  for (int i = 0; i < kDraws; ++i) {
    const Speckle s = sampler(static_cast<float>(coherence), HashKeys(kSeed, i));
    ASSERT_GE(s.coherence, 0.0f);
    ASSERT_LE(s.coherence, 1.0f);
    const double square = static_cast<double>(s.phase_rad) * s.phase_rad;
    phase += s.phase_rad, phase_squared += square, phase_fourth += square * square, cosine += std::cos(s.phase_rad);
    estimate += s.coherence, estimate_squared += static_cast<double>(s.coherence) * s.coherence;
  }
  const auto mean = [](double sum) { return sum / kDraws; };
  const auto error = [&](double sum, double squares) {  // five standard errors
    return 5.0 * std::sqrt((mean(squares) - mean(sum) * mean(sum)) / kDraws);
  };
  const Moments expected = Expected(looks, coherence);
  ASSERT_NEAR(expected.density_sum, 1.0, 1e-6);
  EXPECT_NEAR(mean(phase), 0.0, error(phase, phase_squared));
  EXPECT_NEAR(mean(phase_squared), expected.phase_squared, error(phase_squared, phase_fourth));
  EXPECT_NEAR(mean(cosine), expected.cosine, 5.0 * std::sqrt(0.5 / kDraws));
  EXPECT_NEAR(mean(estimate), MeanSampleCoherence(looks, coherence), error(estimate, estimate_squared));
}

INSTANTIATE_TEST_SUITE_P(LooksAndCoherence, SpeckleStatistics,
                         testing::Values(Case{1.4, 0.5}, Case{4, 0.0}, Case{4, 0.3}, Case{4, 0.9}, Case{10, 0.0},
                                         Case{10, 0.35}, Case{10, 0.7}, Case{10, 0.95}, Case{40, 0.2},
                                         Case{33.3, 0.8}));

TEST(Speckle, SampleCoherenceIsBiasedUpwardWhereCoherenceIsLow) {
  const SpeckleSampler sampler(10.0);
  double low = 0.0, high = 0.0;
  for (uint64_t i = 0; i < 20000; ++i) {
    low += sampler(0.05f, HashKeys(kSeed, i)).coherence / 20000.0;
    high += sampler(0.9f, HashKeys(kSeed, i)).coherence / 20000.0;
  }
  EXPECT_GT(low, 0.27);
  EXPECT_NEAR(high, 0.9, 0.01);
}

TEST(Speckle, PerfectCoherenceHasNoNoise) {
  const SpeckleSampler sampler(10.0);
  for (uint64_t i = 0; i < 100; ++i) {
    const Speckle s = sampler(1.0f, HashKeys(kSeed, i));
    EXPECT_EQ(s.phase_rad, 0.0f);
    EXPECT_EQ(s.coherence, 1.0f);
  }
}

}  // namespace
}  // namespace fringewatch::sim
