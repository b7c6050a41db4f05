#include "common/raster/tiling.h"

namespace fringewatch {

std::vector<Tile> PlanTiles(int rows, int cols, int core_px, int halo_px) {
  std::vector<Tile> tiles;
  const Window frame{0, 0, rows, cols};
  for (int row = 0; row < rows; row += core_px) {
    for (int col = 0; col < cols; col += core_px) {
      const Window core = Intersect({row, col, core_px, core_px}, frame);
      tiles.push_back({core, Grow(core, halo_px, frame)});
    }
  }
  return tiles;
}

}  // namespace fringewatch
