/// A site of a run as the lasting inventory keeps it: numbers, outline in longitude and latitude, where its series is.
#pragma once

#include <string>
#include <vector>

#include "common/io/wgs84.h"
#include "common/run/open_runs.h"
#include "services/results/core/product.h"

namespace fringewatch::results {

/// Velocities are line of sight, mm/yr, towards the satellite; NaN = not known.
struct InventorySite {
  std::string site_id;
  std::string run_id;
  std::string run_submitted_at;  ///< which run is newer; UTC text that sorts
  std::string track;
  std::string kind;  ///< fringes, gradient, both
  double score = 0, probability = 0;
  std::string first_date, last_date;  ///< YYYY-MM-DD
  double area_m2 = 0;
  double vel_mm_yr = 0, vel_std_mm_yr = 0, vel_max_mm_yr = 0, accel_mm_yr2 = 0;
  double quality = 0;
  std::string flags;
  std::string orbit;
  int pairs = 0;
  std::vector<io::LonLat> outline;  ///< first point not repeated; empty without georeference
  double peak_lon = 0, peak_lat = 0;
  int peak_row = 0, peak_col = 0;
  std::string failure;     ///< why there is no series; empty when there is one
  std::string series_key;  ///< site file in the store; empty when there is none
  bool provisional = false;
  std::string updated_at;  ///< UTC, "2026-11-21T15:04:05.123Z"; set by the inventory
};

/// \error kInternal when the frame's coordinates cannot be turned into longitude and latitude.
[[nodiscard]] StatusOr<InventorySite> ToInventorySite(const OpenRun& run, const SiteRecord& record);

/// Whether nothing but the time of the update differs.
[[nodiscard]] bool SameContent(const InventorySite& a, const InventorySite& b);

/// Smallest box around the outline. Of an empty outline: all NaN.
struct Extent {
  double west, south, east, north;
};
[[nodiscard]] Extent ExtentOf(const std::vector<io::LonLat>& outline);

}  // namespace fringewatch::results
