/// What lies beneath the noise of a raster, and how sure it is: an unwrapped interferogram, or a map of velocities.
///
/// Around each pixel a plane bent in both directions (a polynomial of second order) is fitted under a Gaussian window,
/// each pixel weighted by its variance. How wide the window may be, the data say: it grows while the answers of the
/// narrower windows do not contradict it (intersection of confidence intervals, Goldenshluger and Nemirovski 1997, as
/// Katkovnik 1999 uses it for windows; Bioucas-Dias et al. 2008 smooth interferograms like this). So fringes keep their
/// shape, and still ground loses its noise.
#pragma once

#include "common/raster/array.h"

namespace fringewatch::unwrapper {

struct Smoothed {
  Array2<float> value;
  Array2<float> std;  ///< one standard deviation of its error: noise and curvature together
};

/// `values` of any size, NaN = missing (and so in the answer); `variance` of that shape: of the noise that each pixel
/// has for itself, in squares of the unit of `values`. A pixel without one (NaN, 0) counts as missing.
[[nodiscard]] Smoothed Smooth(const Array2<float>& values, const Array2<float>& variance);

/// An unwrapped phase, rad, with the variance that its `coherence`, of about ten looks, tells. The standard deviation
/// holds if no cycle is wrong.
[[nodiscard]] Smoothed SmoothPhase(const Array2<float>& unwrapped_rad, const Array2<float>& coherence);

}  // namespace fringewatch::unwrapper
