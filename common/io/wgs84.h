/// Map coordinates as longitude and latitude.
#pragma once

#include <vector>

#include "common/base/status.h"
#include "common/raster/grid.h"
#include "common/raster/outline.h"

namespace fringewatch::io {

/// Degrees, WGS 84. Of a ring that crosses the date line, the longitudes go on beyond 180 or -180.
struct LonLat {
  double lon = 0;
  double lat = 0;
  bool operator==(const LonLat&) const = default;
};

/// The points of a ring, pixels of `grid`, in their order; empty when the grid has no coordinate system.
/// \error kInternal when the coordinate system is unreadable or cannot be transformed.
[[nodiscard]] StatusOr<std::vector<LonLat>> ToWgs84(const PixelRing& ring, const Grid& grid);

}  // namespace fringewatch::io
