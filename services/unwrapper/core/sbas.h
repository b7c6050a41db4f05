/// From unwrapped pairs to a displacement series: weighted least squares on the dates, for every pixel with its own
/// weights and gaps.
///
/// The normal matrix is the weighted Laplacian of the pair graph, banded. It is eliminated as a graph, the last date
/// first: removing a date joins its neighbours (star-mesh transform). No step subtracts, so single precision is
/// enough, and a date without a link to an earlier one shows as a pivot of exactly zero (the idea of Grassmann,
/// Taksar and Heyman 1985). Many pixels go side by side through the same instructions.
#pragma once

#include <cstdint>

#include "common/raster/array.h"
#include "common/stack/network.h"

namespace fringewatch::unwrapper {

struct SbasSeries {
  Array3<float> displacement_m;      ///< (date, row, col), towards the satellite, zero at the pixel's first date;
                                     ///< NaN = no pair of the pixel holds this date
  Array3<float> displacement_std_m;  ///< (date, row, col), one sigma relative to the pixel's first date
  Array2<float> temporal_coherence;  ///< Pepe and Lanari 2006, 0 to 1; NaN = no pair
  Array2<uint8_t> disconnected;      ///< 1 = several subsets of dates, joined by a velocity common to all
  Array2<uint16_t> pairs_used;       ///< pairs with data
};

/// Inverts every pixel. `unwrapped_rad` (pair, row, col), NaN = missing; `weights` same shape, 1 / variance in
/// 1 / rad^2 (PhaseWeight), 0 or NaN = leave the pair out; `wavelength_m` > 0. Sigmas: diagonal of the inverse normal
/// matrix times the a-posteriori variance factor (1 where there is no redundancy). Subsets of dates that no pair
/// connects are joined so that the whole series fits a straight line best: NSBAS (Lopez-Quiroz et al. 2009, Doin et
/// al. 2011) in the limit of a vanishing constraint; their sigmas contain that of the join.
[[nodiscard]] SbasSeries InvertSbas(const Network& network, const Array3<float>& unwrapped_rad,
                                    const Array3<float>& weights, double wavelength_m, int threads);

/// Weight of an interferometric phase, 1 / rad^2: the inverse of the Cramer-Rao bound of its variance,
/// 2 L g^2 / (1 - g^2) (Rodriguez and Martin 1992), with g held in [0.05, 0.99]. NaN coherence gives 0.
[[nodiscard]] float PhaseWeight(float coherence, double looks);

/// PhaseWeight of every element.
[[nodiscard]] Array3<float> PhaseWeights(const Array3<float>& coherence, double looks);

}  // namespace fringewatch::unwrapper
