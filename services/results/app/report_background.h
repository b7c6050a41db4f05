/// What lies under the sites on the report's map: a small picture of the frame.
#pragma once

#include <string>

#include "common/stack/stack_reader.h"

namespace fringewatch::results {

struct Background {
  Array2<float> shade;  ///< 0 dark to 1 bright, NaN = no data; at most 900 pixels a side; 0 x 0 = none
  int block_px = 1;     ///< pixels of the frame per pixel of the shade, each way
  std::string caption;  ///< what it shows, or why there is none
};

/// Coherence, averaged over a few pairs, of tracks that have it; else shaded relief of the heights; else none. Read in
/// strips: memory does not grow with the frame. Never fails: a map without a background says why.
[[nodiscard]] Background ReadBackground(const StackReader& stack);

}  // namespace fringewatch::results
