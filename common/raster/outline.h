/// Outlines of binary masks: the outer ring of each connected component, along pixel edges.
#pragma once

#include <cstdint>
#include <vector>

#include "common/raster/components.h"

namespace fringewatch {

/// A closed ring of pixel corners, frame coordinates: x = col, y = row; first point not repeated.
struct PixelPoint {
  double col = 0.0;
  double row = 0.0;
};
using PixelRing = std::vector<PixelPoint>;

struct ComponentOutline {
  PixelRing ring;    ///< clockwise on the screen (rows down), corners only: no two edges in a line follow each other
  long area_px = 0;  ///< pixels of the component, without its holes
  Window box;
};

/// Outer ring of one component. Simple (never meets itself): where two pixels touch at a corner only, the ring
/// keeps to the outside and what they enclose counts as a hole.
[[nodiscard]] PixelRing TraceRing(const Components& components, int index);

/// Outer rings of all 4-connected components of the non-zero pixels, in row-major order of their first pixels.
[[nodiscard]] std::vector<ComponentOutline> TraceOutline(const Array2<uint8_t>& mask);

/// Area inside a ring, square pixels, holes included.
[[nodiscard]] double RingArea(const PixelRing& ring);

/// Whether a point lies inside a ring (even-odd rule).
[[nodiscard]] bool RingContains(const PixelRing& ring, double row, double col);

/// 1 where the centre of a pixel of `window` lies inside the ring (even-odd rule), else 0; shape of the window.
[[nodiscard]] Array2<uint8_t> RasteriseOutline(const PixelRing& ring, const Window& window);

}  // namespace fringewatch
