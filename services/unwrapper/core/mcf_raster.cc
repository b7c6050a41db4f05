#include "services/unwrapper/core/mcf_raster.h"

#include <algorithm>
#include <cmath>

#include "common/base/units.h"

namespace fringewatch::unwrapper {
namespace {

constexpr float kPiF = static_cast<float>(kPi), kTwoPiF = static_cast<float>(kTwoPi);
constexpr float kCostScale = 8.0F;  ///< integer cost of one unit of log-likelihood
constexpr float kCostMax = 8000.0F;
constexpr int kGapCost = 1;  ///< a cycle across a missing pixel is nearly free

/// Both costs of one step that deviates from its expectation: ((deviation +- 2 pi)^2 - deviation^2) / (2 variance).
void SetCosts(float deviation, float variance, int32_t& add, int32_t& take) {
  const float unit = kCostScale * kTwoPiF / variance;
  const auto whole = [](float cost) { return 1 + static_cast<int>(std::clamp(cost, 0.0F, kCostMax)); };
  add = whole(unit * (kPiF + deviation));
  take = whole(unit * (kPiF - deviation));
}

StepCosts CostsOf(const StepField& steps, const StepField& expected, const Array2<float>& variance) {
  const auto shaped = [](const Array2<float>& like) { return Array2<int32_t>(like.rows, like.cols, kGapCost); };
  StepCosts costs{shaped(steps.right), shaped(steps.right), shaped(steps.down), shaped(steps.down)};
  ForValidSteps(variance, 0, 1, [&](int r, int c, float both) {
    SetCosts(steps.right(r, c) - expected.right(r, c), both, costs.right_add(r, c), costs.right_take(r, c));
  });
  ForValidSteps(variance, 1, 0, [&](int r, int c, float both) {
    SetCosts(steps.down(r, c) - expected.down(r, c), both, costs.down_add(r, c), costs.down_take(r, c));
  });
  return costs;
}

/// Sums the closed steps from the first pixel: down the first column, then along each row.
Array2<int> Integrate(const Array2<float>& filled, const StepField& steps, const StepCycles& cycles) {
  Array2<int> whole(filled.rows, filled.cols);
  const auto gain = [](float step, float difference, int flow) {
    return static_cast<int>(std::lround((step - difference) / kTwoPiF)) + flow;
  };
  for (int r = 0; r < filled.rows; ++r) {
    if (r > 0) {
      whole(r, 0) =
          whole(r - 1, 0) + gain(steps.down(r - 1, 0), filled(r, 0) - filled(r - 1, 0), cycles.down(r - 1, 0));
    }
    for (int c = 1; c < filled.cols; ++c) {
      whole(r, c) =
          whole(r, c - 1) + gain(steps.right(r, c - 1), filled(r, c) - filled(r, c - 1), cycles.right(r, c - 1));
    }
  }
  return whole;
}

}  // namespace

ClosedRaster CloseLoops(const Array2<float>& filled_rad, const Array2<float>& variance, const StepField& expected) {
  ClosedRaster closed;
  closed.steps = NearestSteps(filled_rad, expected);
  closed.charge = Residues(closed.steps);
  closed.cycles = CheapestCycles(closed.charge, CostsOf(closed.steps, expected, variance));
  closed.whole = Integrate(filled_rad, closed.steps, closed.cycles);
  return closed;
}

}  // namespace fringewatch::unwrapper
