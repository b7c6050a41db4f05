// The classical unwrapper: exact flow (against LEMON's network simplex), congruence, bowls below and beyond pi per
// pixel, gaps, islands in noise.
#include "services/unwrapper/core/mcf.h"

#include <gtest/gtest.h>
#include <lemon/network_simplex.h>
#include <lemon/smart_graph.h>

#include <algorithm>
#include <chrono>
#include <numeric>

#include "common/base/random.h"
#include "common/raster/phase.h"
#include "services/unwrapper/core/mcf_flow.h"
#include "services/unwrapper/core/residue.h"
#include "services/unwrapper/core/test_rasters.h"

namespace fringewatch::unwrapper {
namespace {

constexpr uint64_t kSeed = 4711;

/// The same flow problem, solved by LEMON.
int64_t CostByNetworkSimplex(const Array2<int>& charge, const StepCosts& costs) {
  lemon::SmartDigraph graph;
  const lemon::SmartDigraph::Node outside = graph.addNode();
  std::vector<lemon::SmartDigraph::Node> nodes;
  for (size_t i = 0; i < charge.size(); ++i) nodes.push_back(graph.addNode());
  const auto node = [&](int r, int c) {
    const bool inside = r >= 0 && c >= 0 && r < charge.rows && c < charge.cols;
    return inside ? nodes[charge.index(r, c)] : outside;
  };
  lemon::SmartDigraph::ArcMap<int64_t> cost(graph);
  const auto connect = [&](auto from, auto to, int32_t forward, int32_t backward) {
    cost[graph.addArc(from, to)] = forward;
    cost[graph.addArc(to, from)] = backward;
  };
  for (int r = 0; r < costs.right_add.rows; ++r) {
    for (int c = 0; c < costs.right_add.cols; ++c) {
      connect(node(r - 1, c), node(r, c), costs.right_add(r, c), costs.right_take(r, c));
    }
  }
  for (int r = 0; r < costs.down_add.rows; ++r) {
    for (int c = 0; c < costs.down_add.cols; ++c) {
      connect(node(r, c), node(r, c - 1), costs.down_add(r, c), costs.down_take(r, c));
    }
  }
  lemon::SmartDigraph::NodeMap<int64_t> supply(graph);
  for (size_t i = 0; i < charge.size(); ++i) supply[nodes[i]] = charge.values[i];
  supply[outside] = -std::accumulate(charge.values.begin(), charge.values.end(), 0);
  lemon::NetworkSimplex<lemon::SmartDigraph, int64_t, int64_t> simplex(graph);
  simplex.costMap(cost).supplyMap(supply);
  EXPECT_EQ(simplex.run(), simplex.OPTIMAL);
  return simplex.totalCost<int64_t>();
}

TEST(CheapestCycles, CostsWhatNetworkSimplexFinds) {
  for (int trial = 0; trial < 20; ++trial) {
    SCOPED_TRACE(trial);
    KeyedRandom random(HashKeys(kSeed, trial));
    const int rows = random.Integer(2, 30), cols = random.Integer(2, 30);
    const auto draw = [&](int r, int c, int low, int high) {
      Array2<int32_t> values(r, c);
      for (int32_t& value : values.values) value = random.Integer(low, high);
      return values;
    };
    const StepCosts costs{draw(rows, cols - 1, 0, 50), draw(rows, cols - 1, 0, 50), draw(rows - 1, cols, 0, 50),
                          draw(rows - 1, cols, 0, 50)};
    const Array2<int> charge = draw(rows - 1, cols - 1, -1, 1);
    const StepCycles cycles = CheapestCycles(charge, costs);
    EXPECT_EQ(cycles.cost, CostByNetworkSimplex(charge, costs));
    for (int r = 0; r < charge.rows; ++r) {
      for (int c = 0; c < charge.cols; ++c) {
        EXPECT_EQ(
            charge(r, c) + cycles.right(r, c) + cycles.down(r, c + 1) - cycles.right(r + 1, c) - cycles.down(r, c), 0);
      }
    }
  }
}

TEST(Residues, SumToTheCyclesAroundTheBorder) {
  const PairRaster pair = Speckled(Array2<float>(40, 50), 0.2, kSeed);
  const StepField zero{Array2<float>(40, 49), Array2<float>(39, 50)};
  const StepField steps = NearestSteps(pair.phase_rad, zero);
  const Array2<int> charge = Residues(steps);
  double border = 0;
  for (int c = 0; c < 49; ++c) border += steps.right(0, c) - steps.right(39, c);
  for (int r = 0; r < 39; ++r) border += steps.down(r, 49) - steps.down(r, 0);
  EXPECT_GT(std::count_if(charge.values.begin(), charge.values.end(), [](int q) { return q != 0; }), 100);
  EXPECT_EQ(std::accumulate(charge.values.begin(), charge.values.end(), 0), std::lround(border / kTwoPi));
}

TEST(UnwrapByFlow, IsCongruentEvenInPureNoise) {
  const PairRaster pair = Speckled(Array2<float>(64, 80), 0.0, kSeed);
  const Array2<float> unwrapped = UnwrapByFlow(pair).phase_rad;
  for (size_t i = 0; i < unwrapped.size(); ++i) {
    ASSERT_NEAR(Wrap(unwrapped.values[i] - pair.phase_rad.values[i]), 0.0F, 1e-4F);
  }
}

TEST(UnwrapByFlow, NoiselessBowlsAreExact) {
  for (const double gradient : {0.5, 1.0, 2.0, 3.0, 4.0, 6.0}) {
    SCOPED_TRACE(gradient);
    const Array2<float> truth = Bowl(128, 128, 60, 66, 7.0, gradient);
    const Array2<float> unwrapped = UnwrapByFlow(Speckled(truth, 1.0, kSeed)).phase_rad;
    EXPECT_LT(Compare(unwrapped, truth).worst_rad, 1e-3);
  }
}

TEST(UnwrapByFlow, NoisyBowlsKeepOnlyTheirNoise) {
  // The noise of ten-look phase, as the simulator of the peers' figures has it: 0.12, 0.26, 0.49, 0.80 rad.
  const std::vector<std::pair<double, double>> noise = {{0.9, 0.119}, {0.7, 0.257}, {0.5, 0.485}, {0.35, 0.795}};
  for (const auto& [coherence, rmse] : noise) {
    for (const double gradient : {1.0, 3.0, 4.0}) {
      double sum = 0, seconds = 0;
      for (int trial = 0; trial < 5; ++trial) {
        KeyedRandom random(HashKeys(kSeed, trial));
        const Array2<float> truth =
            Bowl(128, 128, random.Uniform(50, 78), random.Uniform(50, 78), random.Uniform(4, 9), gradient);
        const PairRaster pair = Speckled(truth, coherence, HashKeys(kSeed, trial, 1));
        const auto start = std::chrono::steady_clock::now();
        const FlowSolution solution = UnwrapByFlow(pair);
        seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        sum += Compare(solution.phase_rad, truth).rmse_rad;
      }
      std::printf("coherence %.2f gradient %.0f rad/px: rmse %.3f rad, %.1f ms per patch\n", coherence, gradient,
                  sum / 5, seconds / 5 * 1e3);
      EXPECT_LE(sum / 5, rmse * 1.02) << coherence << " " << gradient;
    }
  }
}

TEST(UnwrapByFlow, GapsDoNotBreakTheGroundAroundThem) {
  const Array2<float> truth = Bowl(100, 100, 50, 50, 8.0, 2.5);
  PairRaster pair = Speckled(truth, 0.8, kSeed);
  for (int r = 20; r < 45; ++r) {
    for (int c = 30; c < 70; ++c) pair.phase_rad(r, c) = pair.coherence(r, c) = kMissing;
  }
  const Array2<float> unwrapped = UnwrapByFlow(pair).phase_rad;
  EXPECT_TRUE(std::isnan(unwrapped(30, 40)));
  EXPECT_LT(Compare(unwrapped, truth).wrong_cycles, 5);
}

TEST(UnwrapByFlow, AnIslandInNoiseIsNotTakenForSteepGround) {
  const Array2<float> truth = Bowl(96, 96, 48, 48, 10.0, 1.0);
  const PairRaster ground = Speckled(truth, 0.8, kSeed), sea = Speckled(truth, 0.0, kSeed + 1);
  PairRaster pair = ground;
  for (int r = 0; r < 96; ++r) {
    for (int c = 0; c < 96; ++c) {
      const double radius = std::hypot(r - 48, c - 48);
      if (radius > 18 && radius < 30) {
        pair.phase_rad(r, c) = sea.phase_rad(r, c);
        pair.coherence(r, c) = sea.coherence(r, c);
      }
    }
  }
  const Array2<float> unwrapped = UnwrapByFlow(pair).phase_rad;
  // Relative to its own centre the island is right; its cycle against the shore is a guess by nature.
  const Window island{38, 38, 20, 20};
  EXPECT_EQ(Compare(Crop(unwrapped, island), Crop(truth, island)).wrong_cycles, 0);
}

TEST(UnwrapByFlow, AllMissingStaysMissing) {
  PairRaster pair{Array2<float>(20, 20, kMissing), Array2<float>(20, 20, kMissing)};
  for (const float value : UnwrapByFlow(pair).phase_rad.values) EXPECT_TRUE(std::isnan(value));
}

}  // namespace
}  // namespace fringewatch::unwrapper
