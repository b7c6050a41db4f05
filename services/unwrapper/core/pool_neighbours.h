/// Neighbours move nearly alike: what a map of velocities or accelerations says of a pixel is made surer by those
/// around it.
#pragma once

#include <cstdint>

#include "common/raster/array.h"

namespace fringewatch::unwrapper {

/// Smooths `value` (NaN = missing) as Smooth does and makes `std`, one sigma of each pixel by itself, that of the
/// answer. Two parts make it up. What each pixel has for itself, which averages out: how large it is, the differences
/// between neighbours say, as `std` also holds the other part. What neighbours have in common, as atmosphere, which
/// does not: `common_variance`, of the shape of the map, or, where that is empty, the spread that is left on ground
/// that does not move (`reference`, non-zero). Pixels without a sigma keep both numbers; so does the whole map where
/// too few pixels have one.
void PoolNeighbours(const Array2<uint8_t>& reference, const Array2<float>& common_variance, Array2<float>& value,
                    Array2<float>& std);

}  // namespace fringewatch::unwrapper
