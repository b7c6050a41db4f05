#include "services/unwrapper/core/unwrap_pair.h"

#include <algorithm>
#include <cmath>

#include "common/raster/components.h"
#include "common/raster/phase.h"
#include "services/unwrapper/core/confidence.h"
#include "services/unwrapper/core/median.h"
#include "services/unwrapper/core/residue.h"

namespace fringewatch::unwrapper {
namespace {

constexpr float kTwoPiF = static_cast<float>(kTwoPi);

/// Whole cycles that `second` lies above `first`, relative to the commonest difference; 0 where missing.
Array2<int> CyclesBetween(const FlowSolution& first, const FlowSolution& second, int& common) {
  Array2<int> cycles(first.phase_rad.rows, first.phase_rad.cols);
  std::vector<int> valid;
  for (size_t i = 0; i < cycles.size(); ++i) {
    const float difference = second.phase_rad.values[i] - first.phase_rad.values[i];
    if (std::isnan(difference)) continue;
    cycles.values[i] = static_cast<int>(std::lround(difference / kTwoPiF));
    valid.push_back(cycles.values[i]);
  }
  common = 0;
  if (valid.empty()) return cycles;
  common = MedianOf(valid);
  for (size_t i = 0; i < cycles.size(); ++i) {
    if (!std::isnan(first.phase_rad.values[i])) cycles.values[i] -= common;
  }
  return cycles;
}

/// Energy that each region of the labels and its rim have gained from `first` to `second`.
std::vector<double> GainOfRegions(const Components& regions, const FlowSolution& first, const FlowSolution& second) {
  std::vector<double> gain(regions.list.size() + 1);
  const Array2<int32_t>& labels = regions.labels;
  const auto book = [&](int region, size_t pixel) {
    gain[region] += first.energy_of_pixel.values[pixel] - second.energy_of_pixel.values[pixel];
  };
  for (int r = 0; r < labels.rows; ++r) {
    for (int c = 0; c < labels.cols; ++c) {
      const size_t pixel = labels.index(r, c);
      if (labels.values[pixel] > 0) {
        book(labels.values[pixel], pixel);
        continue;
      }
      int seen = 0;
      for (const auto& [dr, dc] : {std::pair{-1, 0}, {1, 0}, {0, -1}, {0, 1}}) {
        if (!labels.frame().Contains(r + dr, c + dc)) continue;
        const int region = labels(r + dr, c + dc);
        if (region > 0 && region != seen) book(region, pixel);
        if (region > 0) seen = region;
      }
    }
  }
  return gain;
}

void TakeOver(const FlowSolution& second, size_t pixel, int cycles, FlowSolution& solution) {
  solution.phase_rad.values[pixel] += kTwoPiF * static_cast<float>(cycles);
  solution.cut.values[pixel] = second.cut.values[pixel];
  solution.agreement.values[pixel] = second.agreement.values[pixel];
  solution.energy += second.energy_of_pixel.values[pixel] - solution.energy_of_pixel.values[pixel];
  solution.energy_of_pixel.values[pixel] = second.energy_of_pixel.values[pixel];
}

/// Clears pieces of fewer than 7 pixels, which are noise. Whether any is left.
bool KeepPatches(Array2<uint8_t>& mask) {
  constexpr long kSmallest_px = 7;
  const Components pieces = LabelComponents(mask);
  bool any = false;
  for (size_t i = 0; i < mask.size(); ++i) {
    const int piece = pieces.labels.values[i];
    mask.values[i] = piece > 0 && pieces.list[piece - 1].area_px >= kSmallest_px;
    any = any || mask.values[i] != 0;
  }
  return any;
}

}  // namespace

FlowSolution UnwrapWithPrior(const PairRaster& pair, const Array2<float>& prior_rad) {
  if (prior_rad.empty()) return UnwrapByFlow(pair);
  PairRaster residual = pair;
  for (size_t i = 0; i < prior_rad.size(); ++i) {
    residual.phase_rad.values[i] = Wrap(pair.phase_rad.values[i] - prior_rad.values[i]);
  }
  FlowSolution solution = UnwrapByFlow(residual);
  for (size_t i = 0; i < prior_rad.size(); ++i) {
    solution.phase_rad.values[i] =
        Congruent(pair.phase_rad.values[i], solution.phase_rad.values[i] + prior_rad.values[i]);
  }
  return solution;
}

Merged MergeByEnergy(const FlowSolution& first, const FlowSolution& second) {
  constexpr double kCorrelatedSteps = 4.0;  // neighbouring steps share pixels and expectation: energies overstate
  int common = 0;
  const Array2<int> cycles = CyclesBetween(first, second, common);
  Array2<uint8_t> differs(cycles.rows, cycles.cols);
  for (size_t i = 0; i < cycles.size(); ++i) differs.values[i] = cycles.values[i] != 0;
  const Components regions = LabelComponents(differs);
  const std::vector<double> gain = GainOfRegions(regions, first, second);
  Merged merged{first, Array2<float>(cycles.rows, cycles.cols), 0};
  for (size_t i = 0; i < cycles.size(); ++i) {
    const int region = regions.labels.values[i];
    if (region == 0) continue;
    merged.doubt.values[i] = static_cast<float>(1.0 / (1.0 + std::exp(std::abs(gain[region]) / kCorrelatedSteps)));
    if (gain[region] <= 0) continue;
    TakeOver(second, i, cycles.values[i], merged.solution);
    ++merged.taken_px;
  }
  return merged;
}

Array2<uint8_t> Contradictions(const PairRaster& pair, const Array2<float>& phase_rad, const Array2<float>& prior_rad) {
  constexpr float kCoherent = 0.3F;
  Array2<float> difference = phase_rad;
  std::vector<float> coherent;
  for (size_t i = 0; i < difference.size(); ++i) {
    difference.values[i] -= prior_rad.values[i];
    if (!(pair.coherence.values[i] > kCoherent)) difference.values[i] = kMissing;
    if (!std::isnan(difference.values[i])) coherent.push_back(difference.values[i]);
  }
  if (coherent.empty()) return {};
  const float offset = MedianOf(coherent);
  Array2<uint8_t> contradicts(prior_rad.rows, prior_rad.cols);
  for (size_t i = 0; i < contradicts.size(); ++i) {
    contradicts.values[i] = std::abs(difference.values[i] - offset) > static_cast<float>(kPi);
  }
  return KeepPatches(contradicts) ? contradicts : Array2<uint8_t>();
}

Array2<float> ResidualAgreement(const PairRaster& pair, const Array2<float>& prior_rad) {
  Array2<float> residual = pair.phase_rad;
  for (size_t i = 0; i < residual.size(); ++i) residual.values[i] -= prior_rad.values[i];
  return PixelAgreement(MeanSteps(residual, pair.coherence, kNeighbourhood_px));
}

void Reconsider(const PairRaster& pair, const Array2<float>& prior_rad, PairSolution& solution) {
  if (prior_rad.empty() || Contradictions(pair, solution.flow.phase_rad, prior_rad).empty()) return;
  Merged merged = MergeByEnergy(solution.flow, UnwrapWithPrior(pair, prior_rad));
  solution.flow = std::move(merged.solution);
  for (size_t i = 0; i < merged.doubt.size(); ++i) {
    solution.doubt.values[i] = std::max(solution.doubt.values[i], merged.doubt.values[i]);
  }
  solution.confidence = CycleConfidence(pair, solution.flow, solution.doubt);
}

PairSolution UnwrapWithPriors(const PairRaster& pair, const std::vector<Array2<float>>& priors) {
  PairSolution solution{UnwrapByFlow(pair), Array2<float>(pair.phase_rad.rows, pair.phase_rad.cols), {}};
  solution.confidence = CycleConfidence(pair, solution.flow, solution.doubt);
  for (const Array2<float>& prior : priors) Reconsider(pair, prior, solution);
  return solution;
}

bool LeavesDenseGround(const PairRaster& pair, const PairSolution& solution) {
  Array2<uint8_t> dense = TooDense(pair, solution.flow, solution.confidence);
  return KeepPatches(dense);
}

}  // namespace fringewatch::unwrapper
