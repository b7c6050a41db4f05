/// Phase unwrapping as a minimum-cost flow (Costantini 1998): the whole cycles that wrapped steps miss are the flow of
/// least cost that takes every residue to one of opposite sign or to the border.
///
/// Two things go beyond the textbook. Costs are likelihood ratios: what a cycle on a step costs depends on the noise
/// of its two pixels and on how far the step already lies from the one that its neighbourhood expects (compare Chen
/// and Zebker 2001). And that expectation is itself unwrapped: the mean step is a smooth raster known modulo 2 pi,
/// so the same flow follows it beyond pi per pixel. Fringes steeper than pi per pixel are unwrapped right as long as
/// their *curvature* stays below pi per pixel squared and good ground leads into them.
#pragma once

#include <cstdint>

#include "common/raster/array.h"
#include "common/stack/stack_reader.h"

namespace fringewatch::unwrapper {

inline constexpr double kNeighbourhood_px = 1.5;  ///< sigma of the mean that tells which step to expect

/// Variance of the phase of a pixel, rad^2, from its estimated coherence, ten looks assumed: Cramer-Rao bound
/// (Rodriguez and Martin 1992) after removal of the estimator's bias, at most pi^2 / 3, that of a uniform phase.
[[nodiscard]] float PhaseVariance(float coherence);

/// One unwrapped raster and what speaks for it.
struct FlowSolution {
  Array2<float> phase_rad;          ///< congruent with the input; NaN where that was missing
  Array2<uint8_t> cut;              ///< 1 where the flow crosses a step from or to this pixel
  Array2<float> energy_of_pixel;    ///< its share of `energy`: half of each of its steps
  Array2<float> agreement;          ///< how well the steps around a pixel agree: 1 fully, about 0.2 in noise
  Array2<float> expected_step_rad;  ///< largest of the pixel's expected steps, absolute: beyond pi the fringes alias
  long residues = 0;                ///< charged loops of four valid pixels
  double energy = 0.0;              ///< minus log-likelihood of the steps about the expected ones: small is good
  double flow_cost = 0.0;           ///< the part of it that closing the loops has added
};

/// Agreement of steps that a smooth field at this estimated coherence would show.
[[nodiscard]] float AgreementAt(float coherence);

/// Unwraps a raster of any size (NaN = missing). `pair.coherence` must not be empty. Pieces of valid pixels that do
/// not touch are joined across the gap by the least flow. Deterministic.
[[nodiscard]] FlowSolution UnwrapByFlow(const PairRaster& pair);

}  // namespace fringewatch::unwrapper
