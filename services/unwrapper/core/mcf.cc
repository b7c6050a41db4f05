#include "services/unwrapper/core/mcf.h"

#include <algorithm>
#include <cmath>

#include "common/base/units.h"
#include "services/unwrapper/core/mcf_raster.h"
#include "services/unwrapper/core/steep_steps.h"

namespace fringewatch::unwrapper {
namespace {

constexpr float kPiF = static_cast<float>(kPi), kTwoPiF = static_cast<float>(kTwoPi);
constexpr float kAssumedLooks = 10.0F;
constexpr double kNeighbourhood_px = 1.5;  ///< sigma of the mean that tells which step to expect

/// Missing pixels repeat their neighbour, so that few residues arise at the rim of a gap.
Array2<float> FillGaps(const Array2<float>& phase_rad) {
  Array2<float> filled = phase_rad;
  for (int r = 0; r < filled.rows; ++r) {
    float last = r > 0 ? filled(r - 1, 0) : 0.0F;
    for (int c = 0; c < filled.cols; ++c) {
      if (std::isnan(filled(r, c))) filled(r, c) = last;
      last = filled(r, c);
    }
  }
  return filled;
}

Array2<float> PixelVariance(const PairRaster& pair) {
  Array2<float> variance(pair.phase_rad.rows, pair.phase_rad.cols, kMissing);
  for (size_t i = 0; i < variance.size(); ++i) {
    if (!std::isnan(pair.phase_rad.values[i])) variance.values[i] = PhaseVariance(pair.coherence.values[i]);
  }
  return variance;
}

long CountValid(const Array2<int>& charge, const Array2<float>& variance) {
  long count = 0;
  for (int r = 0; r < charge.rows; ++r) {
    for (int c = 0; c < charge.cols; ++c) {
      if (charge(r, c) == 0) continue;
      count += !std::isnan(variance(r, c) + variance(r, c + 1) + variance(r + 1, c) + variance(r + 1, c + 1));
    }
  }
  return count;
}

/// Books one step between pixels a and b: its energy, the cut, the size of the expectation.
void Book(size_t a, size_t b, float expected, float deviation, float variance, int cycles, FlowSolution& solution) {
  const float before = deviation * deviation, moved = deviation + kTwoPiF * static_cast<float>(cycles);
  solution.energy += 0.5 * moved * moved / variance;
  solution.flow_cost += 0.5 * (moved * moved - before) / variance;
  for (const size_t pixel : {a, b}) {
    if (cycles != 0) solution.cut.values[pixel] = 1;
    float& steepest = solution.expected_step_rad.values[pixel];
    steepest = std::max(steepest, std::abs(expected));
  }
}

}  // namespace

float PhaseVariance(float coherence) {
  constexpr float kUniform = kPiF * kPiF / 3.0F;
  const float squared = (kAssumedLooks * coherence * coherence - 1.0F) / (kAssumedLooks - 1.0F);
  if (!(squared > 0.0F)) return kUniform;
  return std::clamp((1.0F - squared) / (2.0F * kAssumedLooks * squared), 0.0F, kUniform);
}

FlowSolution UnwrapByFlow(const PairRaster& pair) {
  const Array2<float>& phase = pair.phase_rad;
  FlowSolution solution;
  solution.phase_rad = phase;
  solution.cut = Array2<uint8_t>(phase.rows, phase.cols);
  solution.expected_step_rad = Array2<float>(phase.rows, phase.cols);
  if (phase.rows < 2 || phase.cols < 2) return solution;

  const Array2<float> filled = FillGaps(phase), variance = PixelVariance(pair);
  const StepField expected = ContinueBeyondPi(MeanSteps(phase, pair.coherence, kNeighbourhood_px));
  const ClosedRaster closed = CloseLoops(filled, variance, expected);
  solution.residues = CountValid(closed.charge, variance);
  for (size_t i = 0; i < phase.size(); ++i) solution.phase_rad.values[i] += kTwoPiF * static_cast<float>(closed.whole.values[i]);
  ForValidSteps(variance, 0, 1, [&](int r, int c, float both) {
    const float mean = expected.right(r, c);
    Book(phase.index(r, c), phase.index(r, c + 1), mean, closed.steps.right(r, c) - mean, both, closed.cycles.right(r, c),
         solution);
  });
  ForValidSteps(variance, 1, 0, [&](int r, int c, float both) {
    const float mean = expected.down(r, c);
    Book(phase.index(r, c), phase.index(r + 1, c), mean, closed.steps.down(r, c) - mean, both, closed.cycles.down(r, c),
         solution);
  });
  return solution;
}

}  // namespace fringewatch::unwrapper
