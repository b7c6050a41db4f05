#include "common/base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

#include "tests/support/seed.h"

namespace fringewatch {
namespace {

/// The bounds below are five standard errors wide: another seed fails once in a million runs.
uint64_t Seed() { return TestSeed(20240103); }

constexpr int kDraws = 200'000;

TEST(KeyedRandom, UniformHasItsMoments) {
  KeyedRandom random(Seed());
  double sum = 0, squares = 0;
  std::array<int, 10> bins{};
  for (int i = 0; i < kDraws; ++i) {
    const double u = random.Uniform();
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
    squares += u * u;
    ++bins[static_cast<size_t>(u * 10)];
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 5 * std::sqrt(1.0 / 12 / kDraws));
  EXPECT_NEAR(squares / kDraws, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / kDraws));
  for (const int count : bins) EXPECT_NEAR(count, kDraws * 0.1, 5 * std::sqrt(kDraws * 0.1 * 0.9));
}

TEST(KeyedRandom, NormalHasItsMoments) {
  KeyedRandom random(Seed());
  double m1 = 0, m2 = 0, m3 = 0, m4 = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = random.Normal();
    ASSERT_TRUE(std::isfinite(x));
    m1 += x;
    m2 += x * x;
    m3 += x * x * x;
    m4 += x * x * x * x;
  }
  EXPECT_NEAR(m1 / kDraws, 0, 5 * std::sqrt(1.0 / kDraws));
  EXPECT_NEAR(m2 / kDraws, 1, 5 * std::sqrt(2.0 / kDraws));
  EXPECT_NEAR(m3 / kDraws, 0, 5 * std::sqrt(15.0 / kDraws));
  EXPECT_NEAR(m4 / kDraws, 3, 5 * std::sqrt(96.0 / kDraws));
}

TEST(KeyedRandom, NeighbouringKeysAreUncorrelated) {  // one generator per pixel: the first draw of each must be random
  const uint64_t seed = Seed();
  double product = 0;
  for (int i = 0; i < kDraws; ++i) {
    const auto first = [seed](int pixel) { return KeyedRandom(HashKeys(seed, pixel)).Uniform() - 0.5; };
    product += first(i) * first(i + 1);
  }
  EXPECT_NEAR(product / kDraws, 0, 5 * (1.0 / 12) / std::sqrt(kDraws));
}

TEST(KeyedRandom, IntegersCoverTheirRangeEvenly) {
  KeyedRandom random(Seed());
  std::array<int, 6> counts{};
  for (int i = 0; i < kDraws; ++i) {
    const int n = random.Integer(-2, 3);
    ASSERT_GE(n, -2);
    ASSERT_LE(n, 3);
    ++counts[static_cast<size_t>(n) + 2];
  }
  for (const int count : counts) EXPECT_NEAR(count, kDraws / 6.0, 5 * std::sqrt(kDraws / 6.0));
}

TEST(KeyedRandom, LogUniformStaysInItsRangeAndHalvesAtTheGeometricMean) {
  KeyedRandom random(Seed());
  int below = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = random.LogUniform(0.01, 100);
    ASSERT_GE(x, 0.01);
    ASSERT_LE(x, 100);
    below += x < 1;
  }
  EXPECT_NEAR(below, kDraws * 0.5, 5 * std::sqrt(kDraws * 0.25));
}

TEST(KeyedRandom, IsAFunctionOfItsKey) {
  KeyedRandom one(HashKeys(7, 1, 2)), same(HashKeys(7, 1, 2));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(one.Next(), same.Next());
  std::set<uint64_t> keys;
  for (int a = 0; a < 30; ++a) {
    for (int b = 0; b < 30; ++b) keys.insert(HashKeys(7, a, b));
  }
  EXPECT_EQ(keys.size(), 900u);
  EXPECT_NE(HashKeys(1, 2), HashKeys(2, 1));
  EXPECT_NE(HashKeys(1, 2), HashKeys(1, 2, 0));
}

TEST(Mix64, IsSplitMix64) {  // first outputs of the generator for state 0, as its authors publish them
  EXPECT_EQ(Mix64(0), 0xe220a8397b1dcdafULL);
  EXPECT_EQ(Mix64(0x9e3779b97f4a7c15ULL), 0x6e789e6aa1b965f4ULL);
}

}  // namespace
}  // namespace fringewatch
