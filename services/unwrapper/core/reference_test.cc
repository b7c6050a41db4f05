#include "services/unwrapper/core/reference.h"

#include <gtest/gtest.h>

#include <cmath>

#include "common/base/units.h"
#include "services/unwrapper/core/test_networks.h"
#include "tests/support/status_matchers.h"

namespace fringewatch::unwrapper {
namespace {

constexpr int kSide = 40;

Array2<uint8_t> Disc(double row, double col, double radius_px) {
  Array2<uint8_t> mask(kSide, kSide);
  for (int r = 0; r < kSide; ++r) {
    for (int c = 0; c < kSide; ++c) mask(r, c) = std::hypot(r - row, c - col) <= radius_px ? 1 : 0;
  }
  return mask;
}

/// Moving pixels sink at 0.1 rad/day; each date has a constant of its own and a little noise.
Array3<float> Moving(const Network& network, const Array2<uint8_t>& moving, uint64_t seed) {
  Array3<float> phase = PairPhases(network, kSide, kSide, [&](int k, int r, int c) {
    return 1.7 * (k % 3) + (moving(r, c) ? 0.1 * network.days[k] : 0.0);
  });
  KeyedRandom random(seed);
  for (float& value : phase.values) value += static_cast<float>(0.2 * random.Normal());
  return phase;
}

int CountInside(const Array2<uint8_t>& a, const Array2<uint8_t>& b) {
  int count = 0;
  for (size_t i = 0; i < a.size(); ++i) count += a.values[i] && b.values[i];
  return count;
}

TEST(ChooseReference, TakesCoherentStillGroundAroundTheSite) {
  const Network network = NetworkOf(ShortestSpans(8, 18));
  const Array2<uint8_t> site = Disc(20, 20, 8), other = Disc(4, 34, 5);
  Array2<uint8_t> moving = site;
  for (size_t i = 0; i < moving.size(); ++i) moving.values[i] |= other.values[i];
  Array2<float> coherence(kSide, kSide, 0.7F);
  for (int c = 0; c < kSide; ++c) coherence(39, c) = c % 2 ? 0.1F : kMissing;
  const StatusOr<ReferenceArea> area =
      ChooseReference(network, site, {}, coherence, Moving(network, moving, TestSeed(1)), {});
  ASSERT_THAT(area, IsOk());
  EXPECT_EQ(CountInside(area->mask, Disc(20, 20, 10)), 0) << "guard";
  EXPECT_EQ(CountInside(area->mask, other), 0) << "moves itself";
  EXPECT_EQ(area->mask(39, 10) + area->mask(39, 11), 0) << "incoherent or missing";
  EXPECT_GT(area->pixels, 900);
  EXPECT_NEAR(area->site_row, 20, 0.01);
  EXPECT_FALSE(area->from_border);
  EXPECT_TRUE(area->notes.empty());
}

TEST(ChooseReference, KeepsFurtherFromLargerSites) {
  const Network network = NetworkOf(ShortestSpans(8, 18));
  const Array2<float> coherence(kSide, kSide, 0.7F);
  for (const auto& [radius_px, guard_px] : {std::pair{8, 3}, std::pair{15, 4}}) {
    const Array2<uint8_t> site = Disc(20, 16, radius_px);
    const StatusOr<ReferenceArea> area =
        ChooseReference(network, site, {}, coherence, Moving(network, site, TestSeed(9)), {});
    ASSERT_THAT(area, IsOk());
    EXPECT_FALSE(area->mask(20, 16 + radius_px + guard_px));
    EXPECT_TRUE(area->mask(20, 16 + radius_px + guard_px + 1));
  }
}

TEST(ChooseReference, FallsBackToTheBorderWhenTheSiteFillsThePatch) {
  const Network network = NetworkOf(ShortestSpans(8, 18));
  const Array2<uint8_t> everything(kSide, kSide, 1);
  const Array3<float> phase = Moving(network, Disc(20, 22, 18.2), 2);
  const StatusOr<ReferenceArea> area =
      ChooseReference(network, everything, {}, Array2<float>(kSide, kSide, 0.7F), phase, {});
  ASSERT_THAT(area, IsOk());
  EXPECT_TRUE(area->from_border);
  EXPECT_EQ(CountInside(area->mask, Disc(20, 22, 18.2)), 0);
  EXPECT_GT(area->pixels, 100);
  ASSERT_EQ(area->notes.size(), 1U);
}

TEST(ChooseReference, SaysWhenThereIsNoCoherentGround) {
  const Network network = NetworkOf(ShortestSpans(8, 18));
  const Array3<float> phase = Moving(network, Disc(20, 20, 8), 3);
  EXPECT_THAT(ChooseReference(network, Disc(20, 20, 8), {}, Array2<float>(kSide, kSide, 0.1F), phase, {}),
              IsFault(Fault::kReferenceMasked));
}

/// A neighbour so large that most of the ground outside the site moves with it.
TEST(ChooseReference, LeavesOutNeighboursThatAreKnown) {
  const Network network = NetworkOf(ShortestSpans(8, 18));
  const Array2<uint8_t> site = Disc(20, 8, 5), other = Disc(20, 34, 22);
  Array2<uint8_t> moving = site;
  for (size_t i = 0; i < moving.size(); ++i) moving.values[i] |= other.values[i];
  const Array2<float> coherence(kSide, kSide, 0.7F);
  const Array3<float> phase = Moving(network, moving, TestSeed(6));
  const StatusOr<ReferenceArea> told = ChooseReference(network, site, other, coherence, phase, {}),
                                untold = ChooseReference(network, site, {}, coherence, phase, {});
  ASSERT_THAT(told, IsOk());
  ASSERT_THAT(untold, IsOk());
  EXPECT_EQ(CountInside(told->mask, other), 0);
  EXPECT_GT(told->pixels, 200);
  EXPECT_GT(CountInside(untold->mask, other), untold->pixels / 2) << "the test asks nothing";
}

TEST(ApplyReference, RemovesTheConstantOfEachPairDespiteCycleErrors) {
  const Network network = NetworkOf(ShortestSpans(8, 18));
  const Array2<uint8_t> site = Disc(20, 20, 8);
  Array3<float> phase = Moving(network, site, 5);
  const StatusOr<ReferenceArea> area = ChooseReference(network, site, {}, Array2<float>(kSide, kSide, 0.7F), phase, {});
  ASSERT_THAT(area, IsOk());
  for (int r = 0; r < kSide; ++r) {
    for (int c = 0; c < 12; ++c) phase(3, r, c) += static_cast<float>(kTwoPi);  // a third of the patch
  }
  std::fill(phase.plane(7).begin(), phase.plane(7).end(), kMissing);
  const ReferenceShift shift = ApplyReference(*area, Array3<float>(18, kSide, kSide, 0.5F), phase);
  EXPECT_EQ(shift.dropped_pairs, std::vector<int>{7});
  EXPECT_TRUE(std::isnan(shift.offset_rad[7]));
  for (int m = 0; m < 18; ++m) {
    if (m == 7) continue;
    const auto [first, second] = network.edges[m];
    EXPECT_NEAR(shift.offset_rad[m], 1.7 * (second % 3) - 1.7 * (first % 3), 0.04);
    EXPECT_NEAR(phase(m, 20, 20), 0.1 * Span_days(network, m), 1.2);
  }
}

}  // namespace
}  // namespace fringewatch::unwrapper
