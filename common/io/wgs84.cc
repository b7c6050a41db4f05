#include "common/io/wgs84.h"

#include <ogr_spatialref.h>

#include <memory>

#include "common/io/dataset.h"

namespace fringewatch::io {
namespace {

struct DestroyTransformation {
  void operator()(OGRCoordinateTransformation* transformation) const {
    OGRCoordinateTransformation::DestroyCT(transformation);
  }
};

/// Each longitude within half a turn of the first one.
void JoinAcrossDateLine(std::vector<LonLat>& points) {
  for (LonLat& point : points) {
    while (point.lon - points.front().lon > 180) point.lon -= 360;
    while (point.lon - points.front().lon < -180) point.lon += 360;
  }
}

}  // namespace

StatusOr<std::vector<LonLat>> ToWgs84(const PixelRing& ring, const Grid& grid) {
  if (grid.crs_wkt.empty() || ring.empty()) return std::vector<LonLat>();
  PrepareGdal();
  OGRSpatialReference from, to;
  // Longitude first, whatever the authority says.
  from.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  to.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  if (from.SetFromUserInput(grid.crs_wkt.c_str()) != OGRERR_NONE || to.importFromEPSG(4326) != OGRERR_NONE) {
    return Error(Fault::kInternal, "unreadable coordinate system ({}): {}", LastGdalError(), grid.crs_wkt);
  }
  const std::unique_ptr<OGRCoordinateTransformation, DestroyTransformation> transformation(
      OGRCreateCoordinateTransformation(&from, &to));
  if (!transformation) {
    return Error(Fault::kInternal, "no way from this coordinate system to WGS 84 ({}): {}", LastGdalError(),
                 grid.crs_wkt);
  }
  std::vector<LonLat> points;
  for (const PixelPoint& corner : ring) {
    LonLat point{grid.X(corner.col), grid.Y(corner.row)};
    if (!transformation->Transform(1, &point.lon, &point.lat)) {
      return Error(Fault::kInternal, "row {}, col {} of the frame has no longitude and latitude ({})", corner.row,
                   corner.col, LastGdalError());
    }
    points.push_back(point);
  }
  JoinAcrossDateLine(points);
  return points;
}

}  // namespace fringewatch::io
