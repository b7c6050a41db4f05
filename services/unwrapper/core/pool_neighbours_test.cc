/// Truth: a bowl of known velocity under white noise and a smooth field.
#include "services/unwrapper/core/pool_neighbours.h"

#include <gtest/gtest.h>

#include <cmath>

#include "common/sim/noise_field.h"
#include "services/unwrapper/core/test_rasters.h"
#include "tests/support/seed.h"

namespace fringewatch::unwrapper {
namespace {

constexpr int kSize = 96;
constexpr float kOwn = 0.006F, kCommon = 0.002F;  ///< m/yr

/// A site with its measured velocities.
struct Measured {
  Array2<float> truth, value, std;
  Array2<uint8_t> still;  ///< far from the bowl
};

Measured Measure(uint64_t seed, float told_std) {
  Measured site{Bowl(kSize, kSize, 48, 50, 9, 0.01), {}, Array2<float>(kSize, kSize, told_std), {}};
  site.value = site.truth;
  sim::PowerLawField(seed, 48, 1, 5.0 / 6.0, kCommon).AddTo(site.value.frame(), site.value);
  KeyedRandom random(seed);
  site.still = Array2<uint8_t>(kSize, kSize);
  for (int r = 0; r < kSize; ++r) {
    for (int c = 0; c < kSize; ++c) {
      site.value(r, c) += static_cast<float>(kOwn * random.Normal());
      site.still(r, c) = std::hypot(r - 48, c - 50) > 34;
    }
  }
  return site;
}

double Rmse(const Array2<float>& a, const Array2<float>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::pow(a.values[i] - b.values[i], 2);
  return std::sqrt(sum / static_cast<double>(a.size()));
}

TEST(PoolNeighbours, TakesNoiseAwayAndKnowsWhatIsLeft) {
  const uint64_t seed = TestSeed(91);
  double before = 0, after = 0, within = 0;
  constexpr int kSites = 6;
  for (int i = 0; i < kSites; ++i) {
    Measured site = Measure(seed + i, std::hypot(kOwn, kCommon));
    before += Rmse(site.value, site.truth) / kSites;
    PoolNeighbours(site.still, {}, site.value, site.std);
    after += Rmse(site.value, site.truth) / kSites;
    for (size_t k = 0; k < site.value.size(); ++k) {
      within += std::abs(site.value.values[k] - site.truth.values[k]) < site.std.values[k];
    }
  }
  EXPECT_LT(after, 0.5 * before);
  const double share = within / (kSites * kSize * kSize);
  std::printf("RMSE %.4f -> %.4f, %.2f within one sigma\n", before, after, share);
  EXPECT_GT(share, 0.60);
  EXPECT_LT(share, 0.82);
}

TEST(PoolNeighbours, JudgesTheNoiseByTheMapNotByWhatIsTold) {
  const uint64_t seed = TestSeed(92);
  Measured right = Measure(seed, kOwn), doubled = Measure(seed, 2 * kOwn);
  PoolNeighbours(right.still, {}, right.value, right.std);
  PoolNeighbours(doubled.still, {}, doubled.value, doubled.std);
  for (size_t i = 0; i < right.value.size(); ++i) {
    EXPECT_NEAR(right.value.values[i], doubled.value.values[i], 1e-5);
    EXPECT_NEAR(right.std.values[i], doubled.std.values[i], 1e-5);
  }
}

TEST(PoolNeighbours, AddsTheCommonVarianceThatItIsTold) {
  const uint64_t seed = TestSeed(94);
  Measured none = Measure(seed, kOwn), some = Measure(seed, kOwn);
  PoolNeighbours(none.still, Array2<float>(kSize, kSize, 0.0F), none.value, none.std);
  Array2<float> common(kSize, kSize, 1e-5F);
  common(20, 20) = 4e-5F;
  PoolNeighbours(some.still, common, some.value, some.std);
  EXPECT_EQ(none.value.values, some.value.values);
  for (size_t i = 0; i < common.size(); ++i) {
    EXPECT_NEAR(std::pow(some.std.values[i], 2), std::pow(none.std.values[i], 2) + common.values[i], 1e-8);
  }
}

TEST(PoolNeighbours, LeavesAloneWhatHasNoSigma) {
  Measured site = Measure(TestSeed(93), kOwn);
  site.std(10, 10) = kMissing;
  const float before = site.value(10, 10);
  PoolNeighbours(site.still, {}, site.value, site.std);
  EXPECT_EQ(site.value(10, 10), before);
  EXPECT_TRUE(std::isnan(site.std(10, 10)));
  Array2<float> lonely(1, 5, 0.1F), its_std(1, 5, 0.01F);
  PoolNeighbours(Array2<uint8_t>(1, 5), {}, lonely, its_std);
  EXPECT_EQ(lonely.values, std::vector<float>(5, 0.1F)) << "too few to judge by";
}

}  // namespace
}  // namespace fringewatch::unwrapper
