/// The local reference of a patch: coherent ground around the site that does not move itself, to which all phases of
/// the patch are made relative.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/raster/array.h"
#include "common/stack/network.h"

namespace fringewatch::unwrapper {

struct ReferenceOptions {
  double min_coherence = 0.25;   ///< mean over the pairs
  int guard_min_px = 3;          ///< kept clear around the site: motion fades beyond the outline
  double guard_fraction = 0.25;  ///< of the radius of a circle as large as the site, where that is more
  int min_pixels = 30;           ///< below, the least moving border of the patch is taken instead
};

struct ReferenceArea {
  Array2<uint8_t> mask;  ///< patch shape, 1 = reference pixel
  int pixels = 0;
  double site_row = 0.0;  ///< centre of the site, pixels of the patch
  double site_col = 0.0;
  bool from_border = false;  ///< the site fills the patch: border pixels were taken
  std::vector<std::string> notes;
};

/// The ground that a site of `area_px`, whose outline holds the non-zero pixels of `inside`, keeps clear around itself.
[[nodiscard]] Array2<uint8_t> WithGuard(const Array2<uint8_t>& inside, double area_px, const ReferenceOptions& options);

/// Chooses the reference of a patch. `inside_site`: patch shape, non-zero inside the outline; `others`: the same for
/// neighbouring sites with their guards, or empty. `mean_coherence`: patch shape, NaN = missing. `unwrapped_rad`:
/// (pair, row, col), NaN = missing; each pair may have its own constant.
///
/// Candidates are the coherent pixels outside all outlines and their guards; those whose rate (least-squares rate over
/// the pairs) lies more than three robust sigmas from the shortest half of all rates move themselves and are left
/// out (least median of squares, Rousseeuw and Leroy 1987: right while more than half of the candidates rest).
///
/// \error kReferenceMasked when neither the surroundings nor the border have coherent ground.
[[nodiscard]] StatusOr<ReferenceArea> ChooseReference(const Network& network, const Array2<uint8_t>& inside_site,
                                                      const Array2<uint8_t>& others,
                                                      const Array2<float>& mean_coherence,
                                                      const Array3<float>& unwrapped_rad,
                                                      const ReferenceOptions& options);

/// The pixels of `reference` that have data on any date, row-major: noise that was taken out supports nothing.
/// `displacement_m` (date, row, col), NaN = missing.
[[nodiscard]] std::vector<size_t> KnownPixels(const Array2<uint8_t>& reference, const Array3<float>& displacement_m);

struct ReferenceShift {
  std::vector<double> offset_rad;  ///< per pair, what was subtracted; NaN = dropped
  std::vector<int> dropped_pairs;  ///< pairs without a valid reference pixel: set to NaN altogether
};

/// Makes every pair relative to the reference: subtracts the coherence-weighted mean over the reference pixels that
/// lie within half a cycle of their weighted median, so that cycle errors in less than half of the area do no harm.
/// `coherence` (pair, row, col) or empty (equal weights).
[[nodiscard]] ReferenceShift ApplyReference(const ReferenceArea& reference, const Array3<float>& coherence,
                                            Array3<float>& unwrapped_rad);

}  // namespace fringewatch::unwrapper
