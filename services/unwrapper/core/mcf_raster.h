/// The flow problem of one raster: from a phase, its noise and the steps expected to the steps that close all loops.
#pragma once

#include "common/raster/array.h"
#include "services/unwrapper/core/mcf_flow.h"
#include "services/unwrapper/core/residue.h"

namespace fringewatch::unwrapper {

struct ClosedRaster {
  Array2<int> charge;  ///< residues of the steps nearest to the expected ones
  StepField steps;     ///< those steps
  StepCycles cycles;   ///< what the flow adds to them
  Array2<int> whole;   ///< whole cycles to add to the phase of each pixel, 0 at the first
};

/// `filled_rad` without NaN; `variance` of each pixel's phase, rad^2, NaN = missing (steps there cost nearly nothing).
[[nodiscard]] ClosedRaster CloseLoops(const Array2<float>& filled_rad, const Array2<float>& variance,
                                      const StepField& expected);

/// Variance of the expected step itself, rad^2: noise that even perfect pixels have about it.
inline constexpr float kExpectationVariance = 0.05F;

/// Runs over every step (drow, dcol) whose two pixels are valid: visit(row, col, variance of the step).
template <typename Visit>
void ForValidSteps(const Array2<float>& variance, int drow, int dcol, Visit&& visit) {
  for (int r = 0; r + drow < variance.rows; ++r) {
    for (int c = 0; c + dcol < variance.cols; ++c) {
      const float both = variance(r, c) + variance(r + drow, c + dcol) + kExpectationVariance;
      if (both == both) visit(r, c, both);
    }
  }
}

}  // namespace fringewatch::unwrapper
