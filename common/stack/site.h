/// What travels between the stages: a flagged site (detector to unwrapper), its series (unwrapper to results).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/raster/array.h"
#include "common/raster/outline.h"
#include "common/stack/network.h"

namespace fringewatch {

/// One moving patch of ground, found in the wrapped stack. Coordinates are pixels of the frame.
struct FlaggedSite {
  PixelRing outline;  ///< outer boundary
  Window box;         ///< smallest window that holds the outline
  int peak_row = 0;   ///< strongest pixel
  int peak_col = 0;
  double score = 0.0;       ///< evidence at the peak, 0 to 1: orders sites
  double mean_score = 0.0;  ///< mean evidence inside
  int area_px = 0;
  std::string kind;  ///< "fringes" (found in single pairs), "gradient" (found in the gradient stack), "both"
  std::vector<int> voting_pairs;      ///< indices of the pairs that show it by themselves
  std::vector<PixelRing> neighbours;  ///< outlines of other sites within a box length: no still ground to refer to
};

/// Why a pixel of a site product is not plain good. Bits of SiteSeries::flags.
enum PixelFlag : uint8_t {
  kOutsideSite = 1 << 0,    ///< inside the window but not inside the outline
  kReferenceArea = 1 << 1,  ///< belongs to the local reference
  kNoData = 1 << 2,         ///< too few pairs: no series
  kDisconnected = 1 << 3,   ///< the pixel's pairs form several subsets, joined by the velocity model
  kLowTemporalCoherence = 1 << 4,
  kTooFast = 1 << 5,          ///< the true gradient probably exceeds pi per pixel: the number is not to be trusted
  kClosureRepaired = 1 << 6,  ///< at least one pair was moved by 2 pi to close triplets
};

/// Deformation of one patch. Arrays cover `window`; displacement is line of sight, metres, positive towards the
/// satellite, zero at the first date, relative to the local reference; NaN = missing.
struct SiteSeries {
  Window window;
  std::vector<Date> dates;
  Array3<float> displacement_m;      ///< (date, row, col)
  Array3<float> displacement_std_m;  ///< (date, row, col), one sigma
  Array2<float> velocity_m_per_yr;   ///< of the pixel with its neighbours, see PoolNeighbours; so the next three
  Array2<float> velocity_std_m_per_yr;
  Array2<float> acceleration_m_per_yr2;
  Array2<float> acceleration_std_m_per_yr2;
  Array2<float> temporal_coherence;  ///< 0 to 1, Pepe and Lanari 2006
  Array2<float> mean_coherence;      ///< over the pairs
  Array2<uint8_t> flags;             ///< PixelFlag bits
  int reference_pixels = 0;
  double pixels_unwrapped = 0.0;   ///< pixels x pairs that went through the unwrapper
  std::vector<std::string> notes;  ///< sentences for the operator
};

}  // namespace fringewatch
