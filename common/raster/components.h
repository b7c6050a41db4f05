/// Connected components of a binary mask.
#pragma once

#include <cstdint>
#include <vector>

#include "common/raster/array.h"

namespace fringewatch {

struct Component {
  long area_px = 0;
  Window box;         ///< smallest window that holds it
  int first_row = 0;  ///< its first pixel in row-major order: the leftmost pixel of its top row
  int first_col = 0;
};

/// 4-connected components of the non-zero pixels, in row-major order of their first pixels.
struct Components {
  Array2<int32_t> labels;  ///< shape of the mask: 0 = background, i + 1 = list[i]
  std::vector<Component> list;
};

[[nodiscard]] Components LabelComponents(const Array2<uint8_t>& mask);

}  // namespace fringewatch
