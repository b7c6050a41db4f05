#include "common/raster/grid.h"

#include <cmath>

#include "common/base/units.h"

namespace fringewatch {

double Grid::PixelSize_m() const { return std::sqrt(spacing_x_m * spacing_y_m); }

void SetSpacing(Grid& grid) {
  if (!grid.geographic) {
    grid.spacing_x_m = std::abs(grid.dx);
    grid.spacing_y_m = std::abs(grid.dy);
    return;
  }
  constexpr double kMetresPerDegree = 6371008.8 * kPi / 180.0;
  const double latitude_rad = grid.Y(grid.rows / 2.0) * kPi / 180.0;
  grid.spacing_x_m = std::abs(grid.dx) * kMetresPerDegree * std::cos(latitude_rad);
  grid.spacing_y_m = std::abs(grid.dy) * kMetresPerDegree;
}

Grid SubGrid(const Grid& grid, const Window& window) {
  Grid part = grid;
  part.rows = window.rows;
  part.cols = window.cols;
  part.x0 = grid.X(window.col0);
  part.y0 = grid.Y(window.row0);
  return part;
}

}  // namespace fringewatch
