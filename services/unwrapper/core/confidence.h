/// How sure the cycle of each pixel is.
#pragma once

#include "services/unwrapper/core/mcf.h"

namespace fringewatch::unwrapper {

/// 1 where the steps around a pixel agree clearly more than noise does.
[[nodiscard]] Array2<uint8_t> GoodGround(const PairRaster& pair, const FlowSolution& solution);

/// Probability that the cycle of each pixel is right relative to most of the raster, 0 to 1, NaN = missing: from how
/// well the steps around it agree, cuts, whether good ground leads to it, and `doubt` (chance that another answer is
/// right, see MergeByEnergy). Shapes of the pair.
[[nodiscard]] Array2<float> CycleConfidence(const PairRaster& pair, const FlowSolution& solution,
                                            const Array2<float>& doubt);

/// 1 where fringes are too dense to be followed: steps agree far less than the coherence promises, or they alias
/// (expected step beyond pi) and the cycle is not sure. Of a solution without prior.
[[nodiscard]] Array2<uint8_t> TooDense(const PairRaster& pair, const FlowSolution& solution,
                                       const Array2<float>& confidence);

}  // namespace fringewatch::unwrapper
