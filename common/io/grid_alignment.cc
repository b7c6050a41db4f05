#include "common/io/grid_alignment.h"

#include <fmt/format.h>
#include <ogr_spatialref.h>

#include <algorithm>
#include <cmath>

namespace fringewatch::io {
namespace {

constexpr double kTolerance_px = 0.05;
constexpr double kMaxShift_px = 1e6;

bool Unreferenced(const Grid& grid) {
  return grid.crs_wkt.empty() && grid.x0 == 0.0 && grid.y0 == 0.0 && grid.dx == 1.0 && grid.dy == -1.0;
}

bool SameReference(const std::string& a, const std::string& b) {
  if (a == b) return true;
  OGRSpatialReference first, second;
  return first.importFromWkt(a.c_str()) == OGRERR_NONE && second.importFromWkt(b.c_str()) == OGRERR_NONE &&
         first.IsSame(&second) != 0;
}

// The whole number that `value` is; none when it is not one.
std::optional<int> Whole(double value) {
  if (!(std::abs(value) < kMaxShift_px) || std::abs(value - std::round(value)) > kTolerance_px) return std::nullopt;
  return static_cast<int>(std::lround(value));
}

}  // namespace

std::optional<PixelShift> ShiftBetween(const Grid& reference, const Grid& grid) {
  if (Unreferenced(reference) || Unreferenced(grid)) {
    const bool same =
        Unreferenced(reference) == Unreferenced(grid) && reference.rows == grid.rows && reference.cols == grid.cols;
    return same ? std::optional<PixelShift>(PixelShift{}) : std::nullopt;
  }
  const double drift_cols = std::abs(grid.dx / reference.dx - 1.0) * std::max(grid.cols, reference.cols);
  const double drift_rows = std::abs(grid.dy / reference.dy - 1.0) * std::max(grid.rows, reference.rows);
  if (!(drift_cols < kTolerance_px && drift_rows < kTolerance_px)) return std::nullopt;
  if (!SameReference(reference.crs_wkt, grid.crs_wkt)) return std::nullopt;
  double east = reference.x0 - grid.x0;
  if (reference.geographic) east = std::remainder(east, 360.0);
  const auto cols = Whole(east / reference.dx), rows = Whole((reference.y0 - grid.y0) / reference.dy);
  if (!cols || !rows) return std::nullopt;
  return PixelShift{*rows, *cols};
}

Window Covered(const Grid& reference, const Grid& grid, const PixelShift& shift) {
  return Intersect(reference.frame(), {-shift.rows, -shift.cols, grid.rows, grid.cols});
}

std::string Describe(const Grid& grid) {
  return fmt::format("{} x {} px, corner ({:.9g}, {:.9g}), step ({:.6g}, {:.6g}){}", grid.cols, grid.rows, grid.x0,
                     grid.y0, grid.dx, grid.dy, grid.crs_wkt.empty() ? ", no reference system" : "");
}

}  // namespace fringewatch::io
