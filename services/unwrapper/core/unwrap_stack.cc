#include "services/unwrapper/core/unwrap_stack.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/base/parallel.h"
#include "common/raster/phase.h"
#include "services/unwrapper/core/confidence.h"
#include "services/unwrapper/core/gaussian.h"
#include "services/unwrapper/core/median.h"
#include "services/unwrapper/core/predictor.h"
#include "services/unwrapper/core/unwrap_pair.h"

namespace fringewatch::unwrapper {
namespace {

constexpr double kSmoothing_px = 1.0;  ///< of the phases that predict others
constexpr float kContradicted = 0.3F;  ///< confidence left where the rest of the stack says another cycle

/// Working state: one entry per pair.
struct Sweep {
  const Network& network;
  const std::vector<PairRaster>& pairs;
  const Prophet& prophet;
  int threads;
  std::vector<PairSolution> solutions;
  Array3<float> smooth;     ///< anchored, smoothed, gaps filled: what predicts
  std::vector<char> known;  ///< pairs with something to say
};

Array2<float> PlaneOf(const Array3<float>& stack, int plane) {
  Array2<float> raster(stack.rows, stack.cols);
  std::copy_n(stack.plane(plane).begin(), raster.size(), raster.values.begin());
  return raster;
}

/// Median of the coherent phases on the border ring (of all, where the ring has none), to the whole pattern's anchor.
float AnchorOf(const PairRaster& pair, const Array2<float>& phase_rad) {
  const int ring = std::max(3, std::min(phase_rad.rows, phase_rad.cols) / 12);
  const Window inner{ring, ring, phase_rad.rows - 2 * ring, phase_rad.cols - 2 * ring};
  constexpr float kCoherent = 0.4F;
  std::vector<float> border, all;
  for (int r = 0; r < phase_rad.rows; ++r) {
    for (int c = 0; c < phase_rad.cols; ++c) {
      if (std::isnan(phase_rad(r, c))) continue;
      all.push_back(phase_rad(r, c));
      if (!inner.Contains(r, c) && pair.coherence(r, c) > kCoherent) border.push_back(phase_rad(r, c));
    }
  }
  std::vector<float>& chosen = border.size() >= 16 ? border : all;
  if (chosen.empty()) return 0.0F;
  return MedianOf(chosen);
}

/// Coherence-weighted Gaussian mean of phase - anchor; pixels with nothing near keep `fallback`.
void SmoothInto(const PairRaster& pair, const Array2<float>& phase_rad, float anchor, std::span<float> fallback) {
  Array2<float> sum(pair.phase_rad.rows, pair.phase_rad.cols), weight = sum;
  for (size_t i = 0; i < sum.size(); ++i) {
    if (std::isnan(pair.phase_rad.values[i])) continue;
    weight.values[i] = 1e-4F + pair.coherence.values[i] * pair.coherence.values[i];
    sum.values[i] = weight.values[i] * (phase_rad.values[i] - anchor);
  }
  GaussianFilter(sum, kSmoothing_px);
  GaussianFilter(weight, kSmoothing_px);
  for (size_t i = 0; i < sum.size(); ++i) {
    if (weight.values[i] > 1e-6F) fallback[i] = sum.values[i] / weight.values[i];
  }
}

/// Makes a solution available to the predictor: its ring to 0, smoothed, gaps as `prediction` has them.
void Publish(Sweep& sweep, int p, std::span<const float> prediction) {
  PairSolution& solution = sweep.solutions[p];
  const float anchor = AnchorOf(sweep.pairs[p], solution.flow.phase_rad);
  const float cycles = static_cast<float>(kTwoPi) * std::nearbyint(anchor / static_cast<float>(kTwoPi));
  for (float& phase : solution.flow.phase_rad.values) phase -= cycles;
  std::copy(prediction.begin(), prediction.end(), sweep.smooth.plane(p).begin());
  SmoothInto(sweep.pairs[p], solution.flow.phase_rad, anchor - cycles, sweep.smooth.plane(p));
}

/// Indices of the pairs, in groups of equal span, shortest first.
std::vector<std::vector<int>> GroupsBySpan(const Network& network) {
  std::vector<int> order(network.edges.size());
  std::iota(order.begin(), order.end(), 0);
  const auto span = [&](int p) { return network.days[network.edges[p].second] - network.days[network.edges[p].first]; };
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return span(a) < span(b); });
  std::vector<std::vector<int>> groups;
  for (const int p : order) {
    if (groups.empty() || span(groups.back().front()) != span(p)) groups.emplace_back();
    groups.back().push_back(p);
  }
  return groups;
}

/// Asks the network about those pairs of a group that are not sure of themselves.
void AskProphet(Sweep& sweep, const std::vector<int>& group) {
  std::vector<int> unsure;
  std::vector<PairRaster> rasters;
  for (const int p : group) {
    if (!LeavesDenseGround(sweep.pairs[p], sweep.solutions[p])) continue;
    unsure.push_back(p);
    rasters.push_back(sweep.pairs[p]);
  }
  if (unsure.empty()) return;
  const Array3<float> told = sweep.prophet(rasters);
  ParallelFor(static_cast<int>(unsure.size()), sweep.threads,
              [&](int i) { Reconsider(sweep.pairs[unsure[i]], PlaneOf(told, i), sweep.solutions[unsure[i]]); });
}

void UnwrapGroup(Sweep& sweep, const std::vector<int>& group) {
  const bool informed = std::count(sweep.known.begin(), sweep.known.end(), 1) > 0;
  const Array3<float> prediction = StackPredictor(sweep.network).Predict(sweep.smooth, sweep.known);
  ParallelFor(static_cast<int>(group.size()), sweep.threads, [&](int i) {
    const int p = group[i];
    sweep.solutions[p] = UnwrapWithPriors(sweep.pairs[p], {informed ? PlaneOf(prediction, p) : Array2<float>()});
  });
  if (sweep.prophet) AskProphet(sweep, group);
  for (const int p : group) {
    Publish(sweep, p, prediction.plane(p));
    const auto& values = sweep.pairs[p].phase_rad.values;
    sweep.known[p] = std::any_of(values.begin(), values.end(), [](float v) { return !std::isnan(v); });
  }
}

/// Confidence after the second look: high where the steps agree about what the others predict, low where the cycle
/// is another than theirs.
void Confirm(const PairRaster& pair, const Array2<float>& prior, PairSolution& solution) {
  FlowSolution& flow = solution.flow;
  const Array2<uint8_t> contradicts = Contradictions(pair, flow.phase_rad, prior);
  const Array2<float> agreement = ResidualAgreement(pair, prior);
  for (size_t i = 0; i < agreement.size(); ++i)
    flow.agreement.values[i] = std::max(flow.agreement.values[i], agreement.values[i]);
  solution.confidence = CycleConfidence(pair, flow, solution.doubt);
  for (size_t i = 0; i < contradicts.size(); ++i) {
    if (contradicts.values[i] != 0) solution.confidence.values[i] *= kContradicted;
  }
}

/// Second look at every pair that contradicts the others; what still does loses confidence.
void LookAgain(Sweep& sweep) {
  const Array3<float> prediction = StackPredictor(sweep.network).Predict(sweep.smooth, sweep.known);
  ParallelFor(static_cast<int>(sweep.pairs.size()), sweep.threads, [&](int p) {
    if (!sweep.known[p]) return;
    PairSolution& solution = sweep.solutions[p];
    const Array2<float> prior = PlaneOf(prediction, p);
    Reconsider(sweep.pairs[p], prior, solution);
    Publish(sweep, p, prediction.plane(p));
    Confirm(sweep.pairs[p], prior, solution);
  });
}

/// Where most of the shortest pairs, taken alone, cannot be followed.
Array2<uint8_t> TooFast(const Sweep& sweep, const std::vector<int>& shortest) {
  Array2<uint8_t> too_fast(sweep.smooth.rows, sweep.smooth.cols);
  std::vector<Array2<uint8_t>> dense(shortest.size());
  ParallelFor(static_cast<int>(shortest.size()), sweep.threads, [&](int i) {
    const int p = shortest[i];
    dense[i] = TooDense(sweep.pairs[p], sweep.solutions[p].flow, sweep.solutions[p].confidence);
  });
  for (size_t i = 0; i < too_fast.size(); ++i) {
    size_t votes = 0;
    for (const auto& one : dense) votes += one.values[i];
    too_fast.values[i] = 2 * votes > shortest.size();
  }
  return too_fast;
}

}  // namespace

StackSolution UnwrapStack(const Network& network, const std::vector<PairRaster>& pairs, const Prophet& prophet,
                          int threads) {
  StackSolution answer;
  if (pairs.empty()) return answer;
  const int count = static_cast<int>(pairs.size()), rows = pairs[0].phase_rad.rows, cols = pairs[0].phase_rad.cols;
  Sweep sweep{network,
              pairs,
              prophet,
              threads,
              std::vector<PairSolution>(count),
              Array3<float>(count, rows, cols),
              std::vector<char>(count, 0)};
  const std::vector<std::vector<int>> groups = GroupsBySpan(network);
  for (const std::vector<int>& group : groups) UnwrapGroup(sweep, group);
  answer.too_fast = TooFast(sweep, groups.front());
  LookAgain(sweep);
  answer.phase_rad = answer.confidence = Array3<float>(count, rows, cols);
  for (int p = 0; p < count; ++p) {
    std::copy(sweep.solutions[p].flow.phase_rad.values.begin(), sweep.solutions[p].flow.phase_rad.values.end(),
              answer.phase_rad.plane(p).begin());
    std::copy(sweep.solutions[p].confidence.values.begin(), sweep.solutions[p].confidence.values.end(),
              answer.confidence.plane(p).begin());
  }
  return answer;
}

}  // namespace fringewatch::unwrapper
