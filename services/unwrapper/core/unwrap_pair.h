/// One interferogram, unwrapped with what else is known about it.
///
/// A prior p (the phase that the rest of the stack or a network predicts) is taken off, the residual unwrapped and p
/// put back: u = p + flow(wrap(phi - p)), congruent with phi whatever p is worth. A good prior leaves a smooth
/// residual, a bad one a rough one; the energy of the residual's steps about their neighbourhood is their common
/// measure. The choice is made region by region: wherever two answers differ by whole cycles, the one of lower energy
/// there is taken.
#pragma once

#include <vector>

#include "services/unwrapper/core/mcf.h"

namespace fringewatch::unwrapper {

/// UnwrapByFlow of the residual, prior added. `prior_rad`: shape of the pair, no NaN, any constant; empty = none.
[[nodiscard]] FlowSolution UnwrapWithPrior(const PairRaster& pair, const Array2<float>& prior_rad);

/// `first` with the regions taken over from `second` in which they differ and `second` has the lower energy. The
/// commonest difference counts as no difference, and the cycle of `first` is kept.
struct Merged {
  FlowSolution solution;
  Array2<float> doubt;  ///< 0 where both agree, else the chance that the other answer is right, up to 0.5
  long taken_px = 0;    ///< pixels taken from `second`
};
[[nodiscard]] Merged MergeByEnergy(const FlowSolution& first, const FlowSolution& second);

struct PairSolution {
  FlowSolution flow;
  Array2<float> doubt;       ///< largest of the merges
  Array2<float> confidence;  ///< CycleConfidence
};

/// Pixels in which a phase lies more than half a cycle from a prior (any constant), 1 = contradicts; single odd pixels
/// and incoherent ones, which are noise, do not count. Empty when nothing is left.
[[nodiscard]] Array2<uint8_t> Contradictions(const PairRaster& pair, const Array2<float>& phase_rad,
                                             const Array2<float>& prior_rad);

/// How well the steps of the residual phi - prior agree around each pixel, 0 to 1: see MeanSteps.
[[nodiscard]] Array2<float> ResidualAgreement(const PairRaster& pair, const Array2<float>& prior_rad);

/// Unwraps without prior, then with each prior that contradicts the answer so far, and merges by energy. `priors`
/// that are empty are passed over.
[[nodiscard]] PairSolution UnwrapWithPriors(const PairRaster& pair, const std::vector<Array2<float>>& priors);

/// The same for a solution that exists.
void Reconsider(const PairRaster& pair, const Array2<float>& prior_rad, PairSolution& solution);

/// Whether a solution leaves patches of fringes too dense to follow (TooDense; single pixels do not count).
[[nodiscard]] bool LeavesDenseGround(const PairRaster& pair, const PairSolution& solution);

}  // namespace fringewatch::unwrapper
