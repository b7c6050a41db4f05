/// Minimum-cost flow of charges on the loops of a pixel grid.
#pragma once

#include <cstdint>

#include "common/raster/array.h"

namespace fringewatch::unwrapper {

/// What one cycle added to or taken from each step costs; none is negative.
struct StepCosts {
  Array2<int32_t> right_add, right_take;  ///< (rows, cols - 1)
  Array2<int32_t> down_add, down_take;    ///< (rows - 1, cols)
};

/// Whole cycles to add to each step so that every loop closes.
struct StepCycles {
  Array2<int> right, down;
  int64_t cost = 0;
};

/// The cheapest cycles that close all loops. `charge` as Residues() gives it; charges may leave by the border.
/// Successive shortest paths with node potentials (Edmonds and Karp 1972): each search stops at the nearest opposite
/// charge, so the time follows the number of residues and how far apart they lie, not the size of the raster. Exact and
/// deterministic.
[[nodiscard]] StepCycles CheapestCycles(const Array2<int>& charge, const StepCosts& costs);

}  // namespace fringewatch::unwrapper
