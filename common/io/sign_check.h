/// Closure test of signs: finds single interferograms whose phase has the wrong sign.
#pragma once

#include <complex>
#include <vector>

#include "common/stack/network.h"

namespace fringewatch::io {

/// What the triplets say about one pair.
struct SignVote {
  int agreeing = 0;  ///< triplets that close with the pair as it is
  int opposing = 0;  ///< triplets that close only with this pair's sign turned
};

/// For each triplet of pairs (i, j), (j, k), (i, k) the phase over `samples` closes up to a constant: |mean
/// exp(i (ij + jk - ik))| is near 1. Where instead it is near 1 with one of the three negated, that pair is opposed.
/// Smooth or noisy samples, which close either way or not at all, cast no vote. A stack in which every pair is turned
/// closes too: that is not seen.
/// \param samples exp(i phase) of each pair at the same pixels, 0 where missing; all of one length
[[nodiscard]] std::vector<SignVote> CheckSignsByClosure(const Network& network,
                                                        const std::vector<std::vector<std::complex<float>>>& samples);

}  // namespace fringewatch::io
