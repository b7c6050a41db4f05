/// Tiles of a frame: cores cover it exactly once, halos give context.
#pragma once

#include <vector>

#include "common/raster/window.h"

namespace fringewatch {

struct Tile {
  Window core;    ///< the pixels this tile answers for
  Window padded;  ///< core plus halo, cut to the frame: the pixels it reads
};

/// Row-major tiles of a frame of rows x cols. Cores are core_px square except at the right and lower edges.
/// core_px > 0, halo_px >= 0.
[[nodiscard]] std::vector<Tile> PlanTiles(int rows, int cols, int core_px, int halo_px);

}  // namespace fringewatch
