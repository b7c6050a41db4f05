/// The turbulent air of each date over a site: what the still ground around shows of it is continued under the site,
/// as far as neighbouring air is alike, and removed.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/raster/array.h"
#include "services/unwrapper/core/reference.h"

namespace fringewatch::unwrapper {

struct TurbulenceReport {
  Array2<float> left_m2;           ///< variance of what is left of the air of one date; empty when none was removed
  std::vector<std::string> notes;  ///< why
};

/// Kriging from means of reference pixels, the same for all dates; what its field and its noise are like is learned
/// from what departs from steady motion on the reference. `displacement_m` (date, row, col) without its ramps, NaN =
/// missing; `days` of each date. Single reference pixels further off than three robust sigmas are cut down to them.
///
/// A date on which less than half of the reference has data is left as it is. Nothing is removed, and a note says so,
/// with fewer than 5 other dates, where the reference is the patch border (it may move with the site), and where too
/// little of it has data on all of them.
[[nodiscard]] TurbulenceReport RemoveTurbulence(std::span<const double> days, const ReferenceArea& reference,
                                                Array3<float>& displacement_m);

}  // namespace fringewatch::unwrapper
