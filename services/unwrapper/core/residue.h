/// Phase steps between neighbouring pixels, what they are expected to be, and the loops that do not close.
#pragma once

#include "common/raster/array.h"

namespace fringewatch::unwrapper {

/// Phase steps between neighbours, rad.
struct StepField {
  Array2<float> right;  ///< (rows, cols - 1): to the next column
  Array2<float> down;   ///< (rows - 1, cols): to the next row
};

/// What the neighbourhood says of each step: the coherence-weighted Gaussian mean (sigma_px) of exp(i step).
struct LocalSteps {
  StepField mean;     ///< its argument, in [-pi, pi]; 0 where nothing is near
  StepField quality;  ///< its modulus, 0 to 1: 1 where all steps agree, about 0.2 in noise, 0 where nothing is near
};
[[nodiscard]] LocalSteps MeanSteps(const Array2<float>& phase_rad, const Array2<float>& coherence, double sigma_px);

/// The lowest quality among the steps from and to each pixel: (rows, cols), both at least 2.
[[nodiscard]] Array2<float> PixelAgreement(const LocalSteps& local);

/// The steps that equal the difference of the phase modulo 2 pi and lie within pi of `expected`. Steps from or to a
/// missing pixel use its phase as stored in `filled_rad`, which has no NaN.
[[nodiscard]] StepField NearestSteps(const Array2<float>& filled_rad, const StepField& expected);

/// Charge of each 2 x 2 loop, in cycles: (rows - 1, cols - 1), steps summed clockwise on the screen (rows down).
[[nodiscard]] Array2<int> Residues(const StepField& steps);

}  // namespace fringewatch::unwrapper
