/// From an evidence map to sites: where is a peak, how far does it reach, and are two peaks one site or two?
///
/// Hysteresis: a site has a peak >= threshold and reaches down to outline_threshold. Inside one connected area, peaks
/// are separated as by rising water turned upside down: pixels are taken from the highest down, each joins the basin
/// it touches, and where two basins first meet (the saddle between their peaks) they become one unless
///   both are at least min_area_px large, the lower peak is itself >= threshold, and
///   saddle < kSaddleDepth * lower peak.
#pragma once

#include <vector>

#include "common/raster/components.h"
#include "common/stack/site.h"

namespace fringewatch::detector {

inline constexpr float kSaddleDepth = 0.7F;  ///< a saddle below this share of the lower peak separates two sites
inline constexpr float kPlateau = 0.01F;     ///< pixels that near to the highest score are one plateau

struct SiteRule {
  double threshold = 0.5;          ///< that a site's peak must reach
  double outline_threshold = 0.3;  ///< that its outline follows; at most threshold
  int min_area_px = 12;
};

/// A site in the coordinates of the map it was drawn from.
struct DrawnSite {
  FlaggedSite site;         ///< kind and voting_pairs still empty
  std::vector<int> pixels;  ///< its pixels, row * cols + col, ascending
};

/// Sites of an evidence map (0 to 1, NaN = missing, no part of any site), strongest first, ties in row-major order of
/// their peaks. Pixels belong to one site at most. The peak pixel is the one nearest to the centroid of the plateau
/// at the top (kPlateau), so that it stays in place when scores change by little; `score` is the highest score.
[[nodiscard]] std::vector<DrawnSite> DrawSites(const Array2<float>& evidence, const SiteRule& rule);

/// Moves a site by whole pixels, as from a window's coordinates to the frame's.
void Shift(FlaggedSite& site, int rows, int cols);

}  // namespace fringewatch::detector
