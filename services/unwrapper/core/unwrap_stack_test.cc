// Pairs that help each other: priors, regions by energy, fast bowls through the time ratio, predictor.
#include "services/unwrapper/core/unwrap_stack.h"

#include <gtest/gtest.h>

#include <chrono>

#include "common/raster/phase.h"
#include "services/unwrapper/core/predictor.h"
#include "services/unwrapper/core/test_rasters.h"
#include "services/unwrapper/core/unwrap_pair.h"

namespace fringewatch::unwrapper {
namespace {

constexpr uint64_t kSeed = 815;

Array2<float> Scaled(Array2<float> raster, double factor) {
  for (float& value : raster.values) value = static_cast<float>(value * factor);
  return raster;
}

/// A stack of a motion that is linear in time; pairs of up to `longest` intervals of 12 days.
struct LinearStack {
  Network network;
  std::vector<Array2<float>> truth;
  std::vector<PairRaster> pairs;
};
LinearStack MakeStack(const Array2<float>& phase_of_12_days, int epochs, int longest, double coherence) {
  LinearStack stack;
  std::vector<Pair> list;
  const Date start{18000};
  for (int i = 0; i < epochs; ++i) {
    for (int j = i + 1; j < epochs && j <= i + longest; ++j) {
      list.push_back({{start.days_since_1970 + 12 * i}, {start.days_since_1970 + 12 * j}});
      stack.truth.push_back(Scaled(phase_of_12_days, j - i));
      stack.pairs.push_back(Speckled(stack.truth.back(), coherence, HashKeys(kSeed, i, j)));
    }
  }
  stack.network = BuildNetwork(list);
  return stack;
}

Array2<float> PlaneOf(const Array3<float>& stack, int p) {
  Array2<float> raster(stack.rows, stack.cols);
  std::copy_n(stack.plane(p).begin(), raster.size(), raster.values.begin());
  return raster;
}

TEST(UnwrapWithPrior, AnyPriorGivesACongruentAnswer) {
  const Array2<float> truth = Bowl(64, 64, 30, 34, 6.0, 2.0);
  const PairRaster pair = Speckled(truth, 0.6, kSeed);
  Array2<float> nonsense(64, 64);
  KeyedRandom random(kSeed);
  for (float& value : nonsense.values) value = static_cast<float>(random.Uniform(-20, 20));
  for (const Array2<float>& prior : {nonsense, Scaled(truth, 0.9), Array2<float>()}) {
    const Array2<float> unwrapped = UnwrapWithPrior(pair, prior).phase_rad;
    for (size_t i = 0; i < truth.size(); ++i) {
      ASSERT_NEAR(Wrap(unwrapped.values[i] - pair.phase_rad.values[i]), 0.0F, 1e-4F);
    }
  }
}

TEST(UnwrapWithPriors, TakesAGoodPriorAndLeavesABadOne) {
  // Too small and steep for the classical answer: 8 rad/px at a radius of 2.5 px.
  const Array2<float> truth = Bowl(64, 64, 32, 32, 2.5, 8.0);
  const PairRaster pair = Speckled(truth, 0.9, kSeed);
  EXPECT_GT(Compare(UnwrapWithPriors(pair, {}).flow.phase_rad, truth).wrong_cycles, 5);
  EXPECT_EQ(Compare(UnwrapWithPriors(pair, {Scaled(truth, 0.93)}).flow.phase_rad, truth).wrong_cycles, 0);
  const Array2<float> calm = Bowl(64, 64, 32, 32, 6.0, 2.0);
  const PairRaster easy = Speckled(calm, 0.7, kSeed);
  EXPECT_EQ(Compare(UnwrapWithPriors(easy, {Bowl(64, 64, 20, 20, 5.0, 5.0)}).flow.phase_rad, calm).wrong_cycles, 0);
}

TEST(StackPredictor, FindsTheEpochsOfAnyMotion) {
  const LinearStack stack = MakeStack(Array2<float>(1, 1), 6, 3, 0.9);
  const std::vector<double> epochs = {0, 1.5, 1.0, 4.0, 9.0, 9.5};
  const int pairs = static_cast<int>(stack.pairs.size());
  Array3<float> phase(pairs, 1, 1);
  for (int p = 0; p < pairs; ++p) {
    const Edge& edge = stack.network.edges[p];
    phase(p, 0, 0) = static_cast<float>(epochs[edge.second] - epochs[edge.first]);
  }
  const Array3<float> prediction = StackPredictor(stack.network).Predict(phase, std::vector<char>(pairs, 1));
  for (int p = 0; p < pairs; ++p) EXPECT_NEAR(prediction(p, 0, 0), phase(p, 0, 0), 0.15) << p;
}

TEST(StackPredictor, FollowsTheRateWhereNoPairReaches) {
  const LinearStack stack = MakeStack(Array2<float>(1, 1), 8, 3, 0.9);
  const int pairs = static_cast<int>(stack.pairs.size());
  Array3<float> phase(pairs, 1, 1);
  std::vector<char> known(pairs, 0);
  for (int p = 0; p < pairs; ++p) {
    const Edge& edge = stack.network.edges[p];
    if (edge.second == edge.first + 1 && edge.first != 3) {
      phase(p, 0, 0) = 2.0F;
      known[p] = 1;
    }
  }
  const Array3<float> prediction = StackPredictor(stack.network).Predict(phase, known);
  for (int p = 0; p < pairs; ++p) {
    const Edge& edge = stack.network.edges[p];
    EXPECT_NEAR(prediction(p, 0, 0), 2.0F * static_cast<float>(edge.second - edge.first), 0.05) << p;
  }
}

TEST(UnwrapStack, FastBowlsComeOutRightThroughTheTimeRatio) {
  // Radius 2.5 px: the 48-day pairs reach 9.6 rad/px, far beyond what one pair alone can tell.
  const LinearStack stack = MakeStack(Bowl(72, 72, 35, 37, 2.5, 2.4), 8, 4, 0.6);
  const auto start = std::chrono::steady_clock::now();
  const StackSolution solution = UnwrapStack(stack.network, stack.pairs, {}, 1);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%zu pairs of 72 x 72: %.0f ms\n", stack.pairs.size(), seconds * 1e3);
  long wrong = 0, wrong_alone = 0, sure_and_wrong = 0;
  for (size_t p = 0; p < stack.pairs.size(); ++p) {
    const Array2<float> unwrapped = PlaneOf(solution.phase_rad, static_cast<int>(p));
    wrong += Compare(unwrapped, stack.truth[p]).wrong_cycles;
    wrong_alone += Compare(UnwrapByFlow(stack.pairs[p]).phase_rad, stack.truth[p]).wrong_cycles;
    for (size_t i = 0; i < unwrapped.size(); ++i) {
      sure_and_wrong += solution.confidence.plane(static_cast<int>(p))[i] > 0.9F &&
                        std::abs(unwrapped.values[i] - stack.truth[p].values[i]) > 4.0F;
    }
  }
  std::printf("wrong pixels: %ld of the stack, %ld pair by pair, %ld at confidence > 0.9\n", wrong, wrong_alone,
              sure_and_wrong);
  EXPECT_GT(wrong_alone, 100);
  EXPECT_LE(wrong, 10);
  EXPECT_LE(sure_and_wrong, 2);
}

TEST(UnwrapStack, AsksTheNetworkOnlyAboutGroundTooDenseToFollow) {
  const auto count_asked = [](const LinearStack& stack, double truth_factor, long& wrong) {
    size_t asked = 0;
    const Prophet prophet = [&](const std::vector<PairRaster>& pairs) {
      Array3<float> told(static_cast<int>(pairs.size()), 72, 72);
      for (size_t i = 0; i < pairs.size(); ++i) {
        const auto same = [&](const PairRaster& pair) { return pair.phase_rad.values == pairs[i].phase_rad.values; };
        const auto p = std::find_if(stack.pairs.begin(), stack.pairs.end(), same) - stack.pairs.begin();
        const Array2<float> truth = Scaled(stack.truth[p], truth_factor);
        std::copy(truth.values.begin(), truth.values.end(), told.plane(static_cast<int>(i)).begin());
      }
      asked += pairs.size();
      return told;
    };
    const StackSolution solution = UnwrapStack(stack.network, stack.pairs, prophet, 1);
    wrong = 0;
    for (size_t p = 0; p < stack.pairs.size(); ++p) {
      wrong += Compare(PlaneOf(solution.phase_rad, static_cast<int>(p)), stack.truth[p]).wrong_cycles;
    }
    return asked;
  };
  long wrong = 0;
  EXPECT_EQ(count_asked(MakeStack(Bowl(72, 72, 35, 37, 6.0, 1.0), 5, 2, 0.8), 1.0, wrong), 0U);
  EXPECT_EQ(wrong, 0);
  const LinearStack fast = MakeStack(Bowl(72, 72, 35, 37, 2.5, 9.0), 5, 2, 0.8);
  EXPECT_GE(count_asked(fast, 0.95, wrong), 4U);
  EXPECT_EQ(wrong, 0);
}

TEST(UnwrapStack, SaysWhereEvenTheShortestPairsAreTooFast) {
  const Array2<float> bowl = Bowl(72, 72, 35, 37, 2.0, 15.0);
  const StackSolution solution =
      UnwrapStack(MakeStack(bowl, 5, 2, 0.8).network, MakeStack(bowl, 5, 2, 0.8).pairs, {}, 1);
  EXPECT_EQ(solution.too_fast(35, 39) + solution.too_fast(37, 37) > 0, true);
  EXPECT_EQ(solution.too_fast(10, 10), 0);
  const LinearStack slow = MakeStack(Bowl(72, 72, 35, 37, 6.0, 2.0), 5, 2, 0.8);
  const StackSolution fine = UnwrapStack(slow.network, slow.pairs, {}, 1);
  EXPECT_EQ(std::count(fine.too_fast.values.begin(), fine.too_fast.values.end(), 1), 0);
}

TEST(UnwrapStack, DoesNotDependOnThreads) {
  const LinearStack stack = MakeStack(Bowl(48, 48, 20, 25, 3.0, 2.5), 6, 3, 0.4);
  const StackSolution one = UnwrapStack(stack.network, stack.pairs, {}, 1);
  const StackSolution two = UnwrapStack(stack.network, stack.pairs, {}, 2);
  EXPECT_EQ(one.phase_rad.values, two.phase_rad.values);
  EXPECT_EQ(one.confidence.values, two.confidence.values);
}

}  // namespace
}  // namespace fringewatch::unwrapper
