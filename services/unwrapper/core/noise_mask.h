/// Where the pairs do not agree more than noise would, there is no series: the numbers are taken away, so that water
/// and decorrelated ground never look measured.
#pragma once

#include "common/stack/network.h"
#include "services/unwrapper/core/sbas.h"

namespace fringewatch::unwrapper {

/// Temporal coherence that pure noise reaches by over-fitting. Of the variance pi^2 / 3 of a uniform phase, the share
/// unknowns / pairs is explained by the fit; what is left has variance v, and the mean of exp(i residual) is about
/// exp(-v / 2) (of a Gaussian; derived here, held by a test on simulated noise).
[[nodiscard]] double NoiseTemporalCoherence(int pairs, int unknowns);

/// Sets displacement and sigma of all dates to NaN where the temporal coherence, averaged over 5 x 5 pixels, lies less
/// than 15 % of the way from NoiseTemporalCoherence to 1. Networks without redundancy are left as they are: their
/// temporal coherence says nothing. Returns the number of pixels taken.
long DropNoise(const Network& network, SbasSeries& series);

}  // namespace fringewatch::unwrapper
