/// Local atmosphere and orbit of each epoch: what the still ground around the site shows is taken to continue smoothly
/// under it, and removed.
#pragma once

#include <string>
#include <vector>

#include "common/raster/array.h"
#include "services/unwrapper/core/reference.h"

namespace fringewatch::unwrapper {

/// What was subtracted from one epoch: constant + row and column slopes (from the site's centre) + height term
/// (from the mean height of the reference). Terms that were not fitted are 0.
struct EpochAtmosphere {
  double constant_m = 0.0;
  double per_row_m = 0.0;
  double per_col_m = 0.0;
  double per_height = 0.0;    ///< metres of displacement per metre of height
  double rms_before_m = 0.0;  ///< over the reference pixels
  double rms_after_m = 0.0;
};

struct AtmosphereReport {
  std::vector<EpochAtmosphere> epochs;
  std::vector<std::string> notes;
};

/// Fits constant + plane (+ height, where the reference pixels have relief and the term is significant) to the
/// reference pixels of each epoch by iteratively reweighted least squares (Huber 1964) and subtracts it everywhere.
/// `displacement_m` (date, row, col), NaN = missing, site signal included: it does not enter the fit. `height_m` patch
/// shape, NaN = missing, or empty. Where the reference leaves open half of the circle around the site or more, a plane
/// would be extrapolated, and where it is the patch border a plane could eat the site: there only the constant (and
/// height) is removed, and a note says so.
[[nodiscard]] AtmosphereReport RemoveLocalAtmosphere(Array3<float>& displacement_m, const ReferenceArea& reference,
                                                     const Array2<float>& height_m);

}  // namespace fringewatch::unwrapper
