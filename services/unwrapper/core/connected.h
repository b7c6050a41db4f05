/// Which pixels of an unwrapped interferogram may be compared with each other.
#pragma once

#include "services/unwrapper/core/mcf.h"

namespace fringewatch::unwrapper {

/// Connected components: good ground (neighbouring steps agree clearly more than noise does) that no cut of the flow
/// divides. Inside one the cycles hang together; from one to another they may be off by whole cycles. 1 is the largest,
/// 2 the next; 0 belongs to none, or to one of fewer than kSmallestComponent_px pixels; NaN = missing. Shape of the
/// pair.
[[nodiscard]] Array2<float> ConnectedComponents(const PairRaster& pair, const FlowSolution& solution);
inline constexpr long kSmallestComponent_px = 64;

/// Whole cycles by which another answer (any constant, no NaN) differs from `phase_rad`, against the commonest
/// difference; 0 where both agree, NaN = missing.
[[nodiscard]] Array2<float> CyclesApart(const Array2<float>& phase_rad, const Array2<float>& other_rad);

}  // namespace fringewatch::unwrapper
