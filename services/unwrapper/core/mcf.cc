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

/// One kind of steps (to the right or down) as expected and as closed.
struct StepSet {
  int drow, dcol;
  const Array2<float>&expected, &steps;
  const Array2<int>& cycles;
};

/// Books every valid step of a set with its two pixels: energy, cut, size of the expectation.
void Book(const StepSet& set, const Array2<float>& variance, FlowSolution& solution) {
  ForValidSteps(variance, set.drow, set.dcol, [&](int r, int c, float both) {
    const float expected = set.expected(r, c), deviation = set.steps(r, c) - expected;
    const int cycles = set.cycles(r, c);
    const float moved = deviation + kTwoPiF * static_cast<float>(cycles);
    const float energy = 0.5F * moved * moved / both;
    solution.energy += energy;
    solution.flow_cost += energy - 0.5F * deviation * deviation / both;
    for (const size_t pixel : {variance.index(r, c), variance.index(r + set.drow, c + set.dcol)}) {
      solution.energy_of_pixel.values[pixel] += 0.5F * energy;
      if (cycles != 0) solution.cut.values[pixel] = 1;
      float& steepest = solution.expected_step_rad.values[pixel];
      steepest = std::max(steepest, std::abs(expected));
    }
  });
}

/// A solution of this shape without any step.
FlowSolution Blank(const PairRaster& pair) {
  FlowSolution solution;
  const int rows = pair.phase_rad.rows, cols = pair.phase_rad.cols;
  solution.phase_rad = pair.phase_rad;
  solution.cut = Array2<uint8_t>(rows, cols);
  solution.energy_of_pixel = solution.expected_step_rad = Array2<float>(rows, cols);
  solution.agreement = solution.energy_of_pixel;
  return solution;
}

}  // namespace

float PhaseVariance(float coherence) {
  constexpr float kUniform = kPiF * kPiF / 3.0F;
  const float squared = (kAssumedLooks * coherence * coherence - 1.0F) / (kAssumedLooks - 1.0F);
  if (!(squared > 0.0F)) return kUniform;
  return std::clamp((1.0F - squared) / (2.0F * kAssumedLooks * squared), 0.0F, kUniform);
}

float AgreementAt(float coherence) { return std::exp(-PhaseVariance(coherence)); }

FlowSolution UnwrapByFlow(const PairRaster& pair) {
  const Array2<float>& phase = pair.phase_rad;
  FlowSolution solution = Blank(pair);
  if (phase.rows < 2 || phase.cols < 2) return solution;
  const Array2<float> filled = FillGaps(phase), variance = PixelVariance(pair);
  const LocalSteps local = MeanSteps(phase, pair.coherence, kNeighbourhood_px);
  solution.agreement = PixelAgreement(local);
  const StepField expected = ContinueBeyondPi(local);
  const ClosedRaster closed = CloseLoops(filled, variance, expected);
  solution.residues = CountValid(closed.charge, variance);
  for (size_t i = 0; i < phase.size(); ++i) {
    solution.phase_rad.values[i] += kTwoPiF * static_cast<float>(closed.whole.values[i]);
  }
  Book({0, 1, expected.right, closed.steps.right, closed.cycles.right}, variance, solution);
  Book({1, 0, expected.down, closed.steps.down, closed.cycles.down}, variance, solution);
  return solution;
}

}  // namespace fringewatch::unwrapper
