/// All interferograms of a patch, each with the help of the others.
///
/// Pairs go by increasing time span: a short, unaliased pair predicts the long one, so that only the residual needs
/// unwrapping. A second sweep gives every pair that contradicts the others the chance to follow them.
#pragma once

#include <vector>

#include "common/raster/array.h"
#include "common/stack/network.h"
#include "common/stack/stack_reader.h"

namespace fringewatch::unwrapper {

struct StackSolution {
  Array3<float> phase_rad;    ///< (pair, row, col), congruent with the input, border ring near 0; NaN = missing
  Array3<float> confidence;   ///< probability that the cycle is right, 0 to 1
  Array2<uint8_t> too_fast;   ///< 1 where even most of the shortest pairs have fringes too dense to follow
};

/// `pairs`: same shape, coherence not empty. `network_prior_rad`: (pair, row, col), what a network makes of each pair,
/// no NaN, any constant; empty = none. The answer does not depend on `threads`.
[[nodiscard]] StackSolution UnwrapStack(const Network& network, const std::vector<PairRaster>& pairs,
                                        const Array3<float>& network_prior_rad, int threads);

}  // namespace fringewatch::unwrapper
