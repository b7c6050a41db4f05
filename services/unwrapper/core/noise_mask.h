/// Where the pairs do not agree more than noise would, there is no series: the numbers are taken away, so that water
/// and decorrelated ground never look measured.
#pragma once

#include "common/stack/network.h"
#include "services/unwrapper/core/sbas.h"

namespace fringewatch::unwrapper {

/// Temporal coherence that pure noise reaches by over-fitting: of many pixels, mean and standard deviation. Of the
/// variance pi^2 / 3 of a uniform phase, the share unknowns / pairs is explained by the fit; what is left has variance
/// v, and the mean of exp(i residual) is about exp(-v / 2). It is a mean of as many numbers as there are pairs to
/// spare, each of variance (1 - exp(-v))^2 / 2 (of a Gaussian; derived here, held by a test on simulated noise).
struct NoiseCoherence {
  double mean = 0, std = 0;
};
[[nodiscard]] NoiseCoherence NoiseTemporalCoherence(int pairs, int unknowns);

/// Sets displacement and sigma of all dates to NaN where noise is what the temporal coherence tells of: it is one that
/// noise reaches more often than one time in twenty (at least 15 % and at most half of the way from the mean of noise
/// to 1), or most pixels around are like that. Networks without redundancy are left as they are: their temporal
/// coherence says nothing. Returns the number of pixels taken.
long DropNoise(const Network& network, SbasSeries& series);

}  // namespace fringewatch::unwrapper
