/// Repair of whole-cycle unwrapping errors by the closure of triplets: phase(1,2) + phase(2,3) - phase(1,3) of three
/// unwrapped pairs is near zero, so where it is not, one of the three is wrong by whole cycles.
#pragma once

#include <cstdint>
#include <vector>

#include "common/raster/array.h"
#include "common/stack/network.h"

namespace fringewatch::unwrapper {

struct ClosureReport {
  long pixels_repaired = 0;              ///< pixels in which at least one pair was moved
  Array2<uint8_t> repaired;              ///< 1 = such a pixel
  std::vector<long> moved_px;            ///< per pair: pixels in which it was moved
  std::vector<long> misclosed_triplets;  ///< per triplet: pixels that still do not close
};

/// Moves pairs by whole cycles, pixel by pixel, so that triplets close. The misclosure of a triplet is the integer
/// nearest to (p12 + p23 - p13) / 2 pi; while some step of one cycle of one pair lowers the sum of their absolute
/// values, the best such step is taken: the one that lowers it most, at ties the pair of lowest coherence (to 0.01),
/// then the longest span, then the first pair. A greedy form of the sparse (L1) correction of Yunjun et al. 2019.
/// `unwrapped_rad` and `coherence`: (pair, row, col), same shape, NaN = missing, already relative to the local
/// reference; coherence may be empty. Triplets with a missing pair do not count, nor do those whose misclosure lies
/// more than 2 rad from a whole cycle: they speak of noise. An error common to all triplets of a pair is found; one
/// that no triplet sees is not.
[[nodiscard]] ClosureReport RepairClosure(const Network& network, Array3<float>& unwrapped_rad,
                                          const Array3<float>& coherence, int threads);

}  // namespace fringewatch::unwrapper
