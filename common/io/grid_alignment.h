/// Grids that differ by whole pixels only.
#pragma once

#include <optional>
#include <string>

#include "common/raster/grid.h"

namespace fringewatch::io {

/// Pixel of `grid` = pixel of `reference` + shift.
struct PixelShift {
  int rows = 0;
  int cols = 0;
};

/// None when the two have other steps or reference systems, are offset by a fraction of a pixel, or have no
/// georeference and different sizes.
[[nodiscard]] std::optional<PixelShift> ShiftBetween(const Grid& reference, const Grid& grid);

/// The part of the reference's frame that a grid with this shift covers.
[[nodiscard]] Window Covered(const Grid& reference, const Grid& grid, const PixelShift& shift);

/// "100 x 60 px, corner (-99.2, 19.4), step (0.001, -0.001)": cols x rows.
[[nodiscard]] std::string Describe(const Grid& grid);

}  // namespace fringewatch::io
