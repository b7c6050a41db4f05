/// Which pixels an outline holds, and how much two outlines share.
#pragma once

#include "common/raster/array.h"
#include "common/raster/outline.h"

namespace fringewatch::results {

/// 1 where the centre of a pixel of `window` lies inside the ring (even-odd rule), else 0.
[[nodiscard]] Array2<uint8_t> MaskOf(const PixelRing& ring, const Window& window);

/// Smallest window of whole pixels that holds the ring; empty for an empty ring.
[[nodiscard]] Window BoxOf(const PixelRing& ring);

/// Pixels (by their centres) of two outlines and of what they share.
struct Overlap {
  long first_px = 0;
  long second_px = 0;
  long shared_px = 0;

  /// Shared over united area, 0 to 1.
  [[nodiscard]] double Iou() const;
  /// Shared area over the smaller outline, 0 to 1.
  [[nodiscard]] double OfSmaller() const;
};
[[nodiscard]] Overlap OverlapOf(const PixelRing& first, const PixelRing& second);

}  // namespace fringewatch::results
