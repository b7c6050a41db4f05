/// Truth: consistent phases of dates, with whole cycles added to known pairs.
#include "services/unwrapper/core/closure.h"

#include <gtest/gtest.h>

#include <cmath>

#include "common/base/units.h"
#include "services/unwrapper/core/test_networks.h"

namespace fringewatch::unwrapper {
namespace {

constexpr float kCycle = static_cast<float>(kTwoPi);

Array3<float> SmoothPhases(const Network& network, int rows, int cols) {
  return PairPhases(network, rows, cols, [&](int k, int r, int c) { return 0.4 * k * (1 + 0.1 * r) + 0.2 * c * k; });
}

int IndexOf(const Network& network, int first, int second) {
  for (size_t m = 0; m < network.edges.size(); ++m) {
    if (network.edges[m].first == first && network.edges[m].second == second) return static_cast<int>(m);
  }
  ADD_FAILURE() << "no pair " << first << " " << second;
  return 0;
}

double LargestDifference(const Array3<float>& a, const Array3<float>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.values.size(); ++i) {
    if (!std::isnan(a.values[i])) largest = std::max(largest, std::abs(static_cast<double>(a.values[i]) - b.values[i]));
  }
  return largest;
}

TEST(RepairClosure, LeavesConsistentPairsAlone) {
  const Network network = NetworkOf(ShortestSpans(10, 24));
  const Array3<float> truth = SmoothPhases(network, 9, 11);
  Array3<float> phase = truth;
  const ClosureReport report = RepairClosure(network, phase, {}, 2);
  EXPECT_EQ(report.pixels_repaired, 0);
  EXPECT_EQ(phase.values, truth.values);
}

TEST(RepairClosure, FindsOneWrongCycleOfAnyInnerPair) {
  const Network network = NetworkOf(ShortestSpans(10, 24));
  for (const int pair : {IndexOf(network, 4, 5), IndexOf(network, 4, 6), IndexOf(network, 3, 6)}) {
    for (const float cycles : {1.0F, -1.0F, 3.0F}) {
      const Array3<float> truth = SmoothPhases(network, 3, 4);
      Array3<float> phase = truth;
      phase(pair, 1, 2) += cycles * kCycle;
      const ClosureReport report = RepairClosure(network, phase, {}, 1);
      EXPECT_LT(LargestDifference(phase, truth), 1e-5) << pair << " " << cycles;
      EXPECT_EQ(report.pixels_repaired, 1);
      EXPECT_EQ(report.repaired(1, 2), 1);
      EXPECT_EQ(report.moved_px[pair], 1);
      EXPECT_EQ(std::count(report.misclosed_triplets.begin(), report.misclosed_triplets.end(), 0),
                static_cast<long>(network.triplets.size()));
    }
  }
}

TEST(RepairClosure, FindsTwoWrongCyclesOfThePixel) {
  const Network network = NetworkOf(ShortestSpans(12, 42));  // spans of up to four repeats
  const Array3<float> truth = SmoothPhases(network, 1, 1);
  const std::pair<int, int> wrong[] = {{3, 5}, {5, 6}, {4, 8}, {6, 9}, {2, 4}};
  for (const auto& a : wrong) {
    for (const auto& b : wrong) {
      if (a == b) continue;
      for (const float sign : {1.0F, -1.0F}) {
        Array3<float> phase = truth;
        phase(IndexOf(network, a.first, a.second), 0, 0) += kCycle;
        phase(IndexOf(network, b.first, b.second), 0, 0) += sign * kCycle;
        EXPECT_EQ(RepairClosure(network, phase, {}, 1).pixels_repaired, 1);
        EXPECT_LT(LargestDifference(phase, truth), 1e-5) << a.first << a.second << " " << b.first << b.second << sign;
      }
    }
  }
}

TEST(RepairClosure, SuspectsTheLeastCoherentPairOfALoneTriplet) {
  const Network network = NetworkOf({{0, 1}, {1, 2}, {0, 2}});
  for (int culprit = 0; culprit < 3; ++culprit) {
    const Array3<float> truth = SmoothPhases(network, 1, 1);
    Array3<float> phase = truth, coherence(3, 1, 1, 0.8F);
    coherence(culprit, 0, 0) = 0.3F;
    phase(culprit, 0, 0) -= kCycle;
    (void)RepairClosure(network, phase, coherence, 1);
    EXPECT_LT(LargestDifference(phase, truth), 1e-5) << culprit;
  }
  const Array3<float> truth = SmoothPhases(network, 1, 1);
  Array3<float> phase = truth;
  phase(IndexOf(network, 0, 2), 0, 0) += kCycle;
  (void)RepairClosure(network, phase, Array3<float>(3, 1, 1, 0.5F), 1);
  EXPECT_LT(LargestDifference(phase, truth), 1e-5) << "equal coherence: the longest span";
}

TEST(RepairClosure, MissingPairsDoNotCount) {
  const Network network = NetworkOf(ShortestSpans(8, 18));
  Array3<float> truth = SmoothPhases(network, 1, 2);
  const int wrong = IndexOf(network, 3, 5);
  truth(IndexOf(network, 3, 4), 0, 0) = kMissing;
  for (int m = 0; m < truth.planes; ++m) truth(m, 0, 1) = kMissing;
  Array3<float> phase = truth;
  phase(wrong, 0, 0) += kCycle;
  const ClosureReport report = RepairClosure(network, phase, {}, 1);
  EXPECT_EQ(report.pixels_repaired, 1);
  EXPECT_LT(LargestDifference(phase, truth), 1e-5);
  EXPECT_TRUE(std::isnan(phase(IndexOf(network, 3, 4), 0, 0)));
}

TEST(RepairClosure, NoiseAloneIsNoCycleError) {
  const Network network = NetworkOf({{0, 1}, {1, 2}, {0, 2}});
  const Array3<float> truth = SmoothPhases(network, 1, 1);
  Array3<float> phase = truth;
  phase(0, 0, 0) += 3.6F;  // nearer to one cycle than to none, but near neither
  EXPECT_EQ(RepairClosure(network, phase, {}, 1).misclosed_triplets, std::vector<long>{1});
  EXPECT_NEAR(phase(0, 0, 0), truth(0, 0, 0) + 3.6, 1e-6);
}

TEST(RepairClosure, RepairsNoisyPixelsAndDoesNotDependOnThreads) {
  const uint64_t seed = TestSeed(11);
  const Network network = NetworkOf(ShortestSpans(20, 70));
  const Array3<float> truth = SmoothPhases(network, 40, 40);
  Array3<float> phase = truth;
  KeyedRandom random(seed);
  long wrong = 0;
  for (float& value : phase.values) {
    value += static_cast<float>(0.3 * random.Normal());
    if (!random.Chance(0.02)) continue;
    value += random.Chance(0.5) ? kCycle : -kCycle;
    ++wrong;
  }
  Array3<float> same = phase;
  (void)RepairClosure(network, phase, {}, 1);
  (void)RepairClosure(network, same, {}, 3);
  EXPECT_EQ(phase.values, same.values);
  long left = 0;
  for (size_t i = 0; i < phase.values.size(); ++i) left += std::abs(phase.values[i] - truth.values[i]) > kPi;
  EXPECT_LT(left, wrong / 10) << "of " << wrong;  // pairs at the ends are in a single triplet
}

}  // namespace
}  // namespace fringewatch::unwrapper
