#include "services/detector/core/mask.h"

#include <algorithm>
#include <cmath>

namespace fringewatch::detector {
namespace {

int UsableNeighbours(const Array2<PixelUse>& use, int row, int col) {
  int usable = 0;
  for (int r = std::max(0, row - 1); r <= std::min(use.rows - 1, row + 1); ++r) {
    for (int c = std::max(0, col - 1); c <= std::min(use.cols - 1, col + 1); ++c) {
      const PixelUse neighbour = use(r, c);
      usable += neighbour == PixelUse::kUsable || neighbour == PixelUse::kIsolated;
    }
  }
  return usable - 1;  // the pixel itself
}

}  // namespace

Array2<PixelUse> JudgePixels(const PairRaster& pair) {
  Array2<PixelUse> use(pair.phase_rad.rows, pair.phase_rad.cols);
  for (size_t i = 0; i < use.size(); ++i) {
    const float phase = pair.phase_rad.values[i], coherence = pair.coherence.values[i];
    const bool missing = std::isnan(phase) || std::isnan(coherence);
    const PixelUse with_data = coherence > kCoherenceFloor ? PixelUse::kUsable : PixelUse::kIncoherent;
    use.values[i] = missing ? PixelUse::kMissing : with_data;
  }
  for (int row = 0; row < use.rows; ++row) {
    for (int col = 0; col < use.cols; ++col) {
      if (use(row, col) != PixelUse::kUsable) continue;
      // Nearly every pixel has its left neighbours: look further only where one of them is not usable.
      const bool inside =
          row > 0 && col > 0 && use(row, col - 1) == PixelUse::kUsable && use(row - 1, col) == PixelUse::kUsable;
      if (!inside && UsableNeighbours(use, row, col) < kMinNeighbours) use(row, col) = PixelUse::kIsolated;
    }
  }
  return use;
}

long MaskUnusable(PairRaster& pair) {
  const Array2<PixelUse> use = JudgePixels(pair);
  long usable = 0;
  for (size_t i = 0; i < use.size(); ++i) {
    if (use.values[i] == PixelUse::kUsable) {
      ++usable;
    } else {
      pair.phase_rad.values[i] = pair.coherence.values[i] = kMissing;
    }
  }
  return usable;
}

}  // namespace fringewatch::detector
