/// What can be told of one candidate by itself: files, units, a small sample of its pixels.
#pragma once

#include "common/io/candidate.h"
#include "common/io/file_stack.h"

namespace fringewatch::io {

struct InspectedPair {
  const Candidate* candidate = nullptr;
  Status status;              ///< why it is rejected
  std::string superseded_by;  ///< the file that is taken instead
  std::vector<std::string> remarks;
  Pair pair;            ///< older date first
  bool turned = false;  ///< the name has the newer date first
  PairLayers layers;
  Window covered;                      ///< part of the common grid, once aligned
  std::optional<double> wavelength_m;  ///< from the raster's tags
  float largest_magnitude = 0.0f;      ///< of a sample of complex values
  float smallest_magnitude = std::numeric_limits<float>::infinity();
};

/// Everything that does not need the other pairs. `flip_sign`: the operator turns the sign of every pair.
[[nodiscard]] InspectedPair InspectPair(const SourceRules& rules, const DatasetPool& pool, const Candidate& candidate,
                                        bool flip_sign);

/// OK when the layer has a valid pixel: looks at a sample, and at all of it when that holds none.
/// \error kNoValidPixels; and those of reading
[[nodiscard]] Status CheckAnyValid(const DatasetPool& pool, const Layer& layer, bool zero_is_missing);

}  // namespace fringewatch::io
