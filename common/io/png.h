/// Small pictures as PNG bytes, for pages that carry their own images.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/status.h"
#include "common/raster/array.h"

namespace fringewatch::io {

struct Rgba {
  uint8_t red = 0, green = 0, blue = 0, alpha = 0;
  bool operator==(const Rgba&) const = default;
};

/// The picture as a PNG file; same picture, same bytes. \error kInternal when it is empty or GDAL fails.
[[nodiscard]] StatusOr<std::string> EncodePng(const Array2<Rgba>& picture);

}  // namespace fringewatch::io
