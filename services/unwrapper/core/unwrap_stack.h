/// All interferograms of a patch, each with the help of the others.
///
/// Pairs go by increasing time span: a short, unaliased pair predicts the long one, so that only the residual needs
/// unwrapping. A second sweep gives every pair that contradicts the others the chance to follow them.
#pragma once

#include <functional>
#include <vector>

#include "common/raster/array.h"
#include "common/stack/network.h"
#include "common/stack/stack_reader.h"

namespace fringewatch::unwrapper {

struct StackSolution {
  Array3<float> phase_rad;   ///< (pair, row, col), congruent with the input, border ring near 0; NaN = missing
  Array3<float> confidence;  ///< probability that the cycle is right, 0 to 1
  Array2<uint8_t> too_fast;  ///< 1 where even most of the shortest pairs have fringes too dense to follow
};

/// What a neural network makes of some pairs: (pair, row, col), rad, no NaN, each with its own constant.
using Prophet = std::function<Array3<float>(const std::vector<PairRaster>&)>;

/// `pairs`: same shape, coherence not empty. `prophet` is asked, in batches of one time span, only about pairs in
/// which ground too dense to follow is left (TooDense); it may be empty. The answer does not depend on `threads`.
[[nodiscard]] StackSolution UnwrapStack(const Network& network, const std::vector<PairRaster>& pairs,
                                        const Prophet& prophet, int threads);

}  // namespace fringewatch::unwrapper
