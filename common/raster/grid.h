/// Where the pixels of a frame lie: size, georeference, spacing in metres.
#pragma once

#include <string>

#include "common/raster/window.h"

namespace fringewatch {

/// Pixel (row, col) covers x0 + [col, col+1) * dx, y0 + [row, row+1) * dy: (x0, y0) is the outer corner of the
/// upper-left pixel, dy < 0 on a north-up grid. `crs_wkt` empty: radar or unreferenced geometry, in which x and y
/// are metres from the corner when the spacing is known, else dx = 1 and dy = -1 pixels.
struct Grid {
  int rows = 0;
  int cols = 0;
  double x0 = 0.0;
  double y0 = 0.0;
  double dx = 1.0;
  double dy = -1.0;
  std::string crs_wkt;
  bool geographic = false;   ///< x is longitude, y latitude, degrees
  double spacing_x_m = 0.0;  ///< ground size of a pixel at the frame's centre; 0 = unknown
  double spacing_y_m = 0.0;

  [[nodiscard]] Window frame() const { return {0, 0, rows, cols}; }
  /// Map coordinates of a point in (fractional) pixel coordinates; (0, 0) is the upper-left corner.
  [[nodiscard]] double X(double col) const { return x0 + col * dx; }
  [[nodiscard]] double Y(double row) const { return y0 + row * dy; }
  /// Geometric mean of the two spacings, m; 0 = unknown.
  [[nodiscard]] double PixelSize_m() const;
  [[nodiscard]] double PixelArea_m2() const { return spacing_x_m * spacing_y_m; }
};

/// Fills spacing_x_m and spacing_y_m of a geographic grid from its centre latitude (sphere of the WGS84 mean
/// radius); of a projected grid from |dx|, |dy| (metres).
void SetSpacing(Grid& grid);

/// The grid of a window of `grid`.
[[nodiscard]] Grid SubGrid(const Grid& grid, const Window& window);

}  // namespace fringewatch
