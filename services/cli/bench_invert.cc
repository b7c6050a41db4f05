#include <Eigen/Dense>
#include <cmath>

#include "common/base/random.h"
#include "common/stack/shortest_spans.h"
#include "services/cli/bench.h"
#include "services/unwrapper/core/sbas.h"

namespace fringewatch::cli {
namespace {

constexpr double kLooks = 10.0, kWavelength_m = 0.0555, kMissingShare = 0.05;
constexpr int kRepeats = 5;           ///< the fastest counts
constexpr int kBaselinePixels = 500;  ///< the baseline is slow

struct Input {
  Array3<float> phase_rad, weights;
};

/// Linear ground with phase noise; one value in 20 is missing.
Input MakeInput(const Network& network, int side, uint64_t seed) {
  const int pairs = static_cast<int>(network.edges.size());
  Input input{Array3<float>(pairs, side, side), Array3<float>(pairs, side, side)};
  for (int m = 0; m < pairs; ++m) {
    KeyedRandom random(HashKeys(seed, m));
    const Edge edge = network.edges[m];
    for (size_t i = 0; i < input.phase_rad.plane_size(); ++i) {
      const float coherence = static_cast<float>(random.Uniform(0.2, 0.95));
      const double phase = 0.01 * (network.days[edge.second] - network.days[edge.first]) + 0.2 * random.Uniform(-1, 1);
      input.weights.plane(m)[i] = unwrapper::PhaseWeight(coherence, kLooks);
      input.phase_rad.plane(m)[i] = random.Chance(kMissingShare) ? kMissing : static_cast<float>(phase);
    }
  }
  return input;
}

/// One pixel as time-series packages do it: its own design matrix, rows scaled by the root of the weights, solved by
/// orthogonal decomposition. Phases of the dates after the first.
Eigen::VectorXd DenseSolution(const Network& network, const Input& input, size_t pixel) {
  const auto pairs = static_cast<long>(network.edges.size()), unknowns = static_cast<long>(network.dates.size()) - 1;
  Eigen::MatrixXd design = Eigen::MatrixXd::Zero(pairs, unknowns);
  Eigen::VectorXd right = Eigen::VectorXd::Zero(pairs);
  for (long m = 0; m < pairs; ++m) {
    const float phase = input.phase_rad.plane(static_cast<int>(m))[pixel];
    if (std::isnan(phase)) continue;
    const double root = std::sqrt(input.weights.plane(static_cast<int>(m))[pixel]);
    const Edge edge = network.edges[m];
    design(m, edge.second - 1) = root;
    if (edge.first > 0) design(m, edge.first - 1) = -root;
    right(m) = root * phase;
  }
  return design.completeOrthogonalDecomposition().solve(right);
}

nlohmann::json MeasureCase(int dates, int pairs, int side, uint64_t seed) {
  const Network network = BuildNetwork(PairsAtIntervals(ShortestSpans(dates, pairs), 12));
  const Input input = MakeInput(network, side, seed);
  double best_s = 1e30;
  unwrapper::SbasSeries series;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    const Stopwatch watch;
    series = unwrapper::InvertSbas(network, input.phase_rad, input.weights, kWavelength_m, 1);
    best_s = std::min(best_s, watch.Cpu_s());
  }
  const Stopwatch watch;
  double largest_difference_m = 0;
  for (int pixel = 0; pixel < kBaselinePixels; ++pixel) {
    const Eigen::VectorXd phase = DenseSolution(network, input, pixel);
    const double last_m = -kWavelength_m / (4 * kPi) * phase(phase.size() - 1);
    const double ours_m = series.displacement_m.plane(dates - 1)[pixel];
    if (!std::isnan(ours_m)) largest_difference_m = std::max(largest_difference_m, std::abs(ours_m - last_m));
  }
  const double baseline_s = watch.Cpu_s() / kBaselinePixels, ours_s = best_s / (static_cast<double>(side) * side);
  return {{"pairs", pairs},
          {"dates", dates},
          {"pixels_per_cpu_s", 1.0 / ours_s},
          {"baseline_pixels_per_cpu_s", 1.0 / baseline_s},
          {"times_baseline", baseline_s / ours_s},
          {"largest_difference_mm", 1e3 * largest_difference_m}};
}

}  // namespace

StatusOr<nlohmann::json> BenchInvert(const BenchOptions& options) {
  return nlohmann::json{
      {"baseline", "dense weighted least squares per pixel (Eigen, complete orthogonal decomposition)"},
      {"cases",
       {MeasureCase(10, 30, 512, options.seed), MeasureCase(28, 100, 512, options.seed),
        MeasureCase(78, 300, 256, options.seed)}}};
}

}  // namespace fringewatch::cli
