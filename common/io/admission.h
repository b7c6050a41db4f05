/// Decides which candidates become pairs of the track, on which common grid, and says why the others do not.
#pragma once

#include <vector>

#include "common/io/candidate.h"
#include "common/io/file_stack.h"

namespace fringewatch::io {

/// The accepted pairs, sorted by dates, on `grid`; the verdicts of all their files are in the listing's records.
struct Admitted {
  Grid grid;
  std::vector<Pair> pairs;
  std::vector<PairLayers> layers;
  bool has_coherence = false;
  bool rewrapped = false;
  std::optional<Layer> height;
};

/// Inspects every candidate (geometry, damage, units, a small sample of pixels), reconciles grids that differ by
/// whole pixels to their intersection, keeps one of each pair, tests the signs by closure. Appends verdicts and notes
/// to `listing`, and a wavelength found in the rasters' tags. Nothing accepted: an empty list of pairs.
[[nodiscard]] Admitted Admit(Listing& listing, const StackSource& source, const SourceRules& rules);

}  // namespace fringewatch::io
