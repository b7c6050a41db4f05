#include "common/stack/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fringewatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Pair Between(int day1, int day2) { return {.date1 = Date{17000 + day1}, .date2 = Date{17000 + day2}}; }

TEST(Network, NumbersDatesAndEdges) {
  const Network network = BuildNetwork({Between(0, 24), Between(0, 12), Between(12, 36)});
  ASSERT_THAT(network.dates, SizeIs(4));
  EXPECT_THAT(network.days, ElementsAre(0, 12, 24, 36));
  ASSERT_THAT(network.edges, SizeIs(3));
  EXPECT_EQ(network.edges[0].first, 0);
  EXPECT_EQ(network.edges[0].second, 2);
  EXPECT_EQ(network.edges[2].first, 1);
  EXPECT_EQ(network.edges[2].second, 3);
  EXPECT_EQ(network.bandwidth, 2);
}

TEST(Network, FindsEveryTriplet) {
  // All pairs of n dates: n (n - 1) (n - 2) / 6 triplets.
  std::vector<Pair> pairs;
  constexpr int kDates = 7;
  for (int i = 0; i < kDates; ++i) {
    for (int j = i + 1; j < kDates; ++j) pairs.push_back(Between(12 * i, 12 * j));
  }
  const Network network = BuildNetwork(pairs);
  EXPECT_THAT(network.triplets, SizeIs(kDates * (kDates - 1) * (kDates - 2) / 6));
  for (const auto& [ij, jk, ik] : network.triplets) {
    EXPECT_EQ(network.edges[ij].second, network.edges[jk].first);
    EXPECT_EQ(network.edges[ij].first, network.edges[ik].first);
    EXPECT_EQ(network.edges[jk].second, network.edges[ik].second);
  }
  EXPECT_EQ(network.bandwidth, kDates - 1);
  EXPECT_EQ(network.subsets, 1);
}

TEST(Network, AChainHasNoTriplets) {
  const Network network = BuildNetwork({Between(0, 12), Between(12, 24), Between(24, 36)});
  EXPECT_THAT(network.triplets, IsEmpty());
  EXPECT_EQ(network.bandwidth, 1);
  EXPECT_EQ(network.subsets, 1);
}

TEST(Network, NumbersSubsetsByTheirEarliestDate) {
  // Two chains that interleave in time, and a third after them.
  const Network network = BuildNetwork({Between(12, 36), Between(0, 24), Between(24, 48), Between(60, 72)});
  EXPECT_THAT(network.days, ElementsAre(0, 12, 24, 36, 48, 60, 72));
  EXPECT_THAT(network.subset, ElementsAre(0, 1, 0, 1, 0, 2, 2));
  EXPECT_EQ(network.subsets, 3);
}

TEST(Network, SubsetsDoNotDependOnTheOrderOfThePairs) {
  std::vector<Pair> pairs = {Between(0, 60), Between(48, 60), Between(24, 48), Between(12, 36), Between(0, 24)};
  const std::vector<int> forward = BuildNetwork(pairs).subset;
  std::reverse(pairs.begin(), pairs.end());
  EXPECT_EQ(BuildNetwork(pairs).subset, forward);
  EXPECT_THAT(forward, ElementsAre(0, 1, 0, 1, 0, 0));
}

TEST(Network, OfNoPairsIsEmpty) {
  const Network network = BuildNetwork({});
  EXPECT_THAT(network.dates, IsEmpty());
  EXPECT_EQ(network.subsets, 0);
  EXPECT_EQ(network.bandwidth, 0);
}

TEST(Pair, KnowsItsSpanAndKey) {
  const Pair pair{.date1 = *ParseDate("20180106"), .date2 = *ParseDate("20180118")};
  EXPECT_EQ(pair.span_days(), 12);
  EXPECT_EQ(pair.Key(), "20180106_20180118");
}

}  // namespace
}  // namespace fringewatch
