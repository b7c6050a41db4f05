/// The phase beneath the noise of an unwrapped interferogram, and how sure it is.
///
/// Around each pixel a plane bent in both directions (a polynomial of second order) is fitted under a Gaussian window,
/// each pixel weighted by its coherence. How wide the window may be, the data say: it grows while the answers of the
/// narrower windows do not contradict it (intersection of confidence intervals, Goldenshluger and Nemirovski 1997, as
/// Katkovnik 1999 uses it for windows; Bioucas-Dias et al. 2008 smooth interferograms like this). So fringes keep their
/// shape, and still ground loses its noise.
#pragma once

#include "common/raster/array.h"

namespace fringewatch::unwrapper {

struct SmoothPhase {
  Array2<float> phase_rad;
  Array2<float> std_rad;  ///< one standard deviation of its error, if no cycle is wrong: noise and curvature together
};

/// `unwrapped_rad` of any size, NaN = missing (and so in the answer); `coherence` of that shape, of about ten looks.
[[nodiscard]] SmoothPhase Smooth(const Array2<float>& unwrapped_rad, const Array2<float>& coherence);

}  // namespace fringewatch::unwrapper
