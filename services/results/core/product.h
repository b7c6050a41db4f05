/// What a run leaves behind, before it becomes files: the inventory of sites and the facts of the run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/raster/grid.h"
#include "common/stack/site.h"
#include "common/stack/track.h"

namespace fringewatch::results {

/// One site of the inventory: what the detector saw and what the unwrapper measured.
struct SiteRecord {
  std::string site_id;  ///< stable: from the track and the place of the peak
  FlaggedSite flagged;
  SiteSeries series;
  bool has_series = false;  ///< false: unwrapping failed, see `failure`
  std::string failure;      ///< status of the failed unwrapping
  std::string series_key;   ///< artifact that holds the series; empty = none
};

/// The numbers of a site that tables show. Velocities are line of sight, mm/yr, towards the satellite.
struct SiteSummary {
  double area_m2 = 0;
  double vel_mm_yr = 0, vel_std = 0;  ///< mean over the site, its standard deviation
  double vel_max_mm_yr =
      0;  ///< signed, of the largest absolute value (98th percentile, so that one pixel does not decide)
  double accel_mm_yr2 = 0;
  double quality = 0;                  ///< mean temporal coherence inside, 0 to 1
  std::string flags;                   ///< words, comma separated: "too_fast", "disconnected", ...
  std::vector<double> mean_series_mm;  ///< per date, mean over the site's good pixels
  std::vector<double> peak_series_mm;  ///< per date, at the fastest pixel
  std::vector<double> mean_std_mm;     ///< per date, mean of the pixels' standard deviations
  std::vector<double> peak_std_mm;     ///< per date, at the fastest pixel
  int fast_row = -1, fast_col = -1;    ///< the fastest pixel, inside the series' window; -1 = none
  int good_pixels = 0;                 ///< that the means are taken over
};
[[nodiscard]] SiteSummary Summarise(const SiteRecord& site, const Grid& grid);

/// Words of one pixel's PixelFlag bits that qualify its numbers, comma separated: "too_fast".
[[nodiscard]] std::string FlagWords(uint8_t flags);

/// "FW-<track>-<hash of the peak's place>": stable for the same track while the peak stays in the same 100 m cell.
[[nodiscard]] std::string SiteId(const Track& track, const FlaggedSite& site);

/// Facts of the run that products state.
struct RunFacts {
  std::string run_id;
  std::string version;  ///< of Fringewatch
  std::vector<std::string> model_hashes;
  std::string device;
  long frame_pixels = 0;
  int pairs = 0;
  long pixels_scanned = 0;                ///< pixels x pairs
  long pixels_unwrapped = 0;              ///< pixels x pairs; where patches overlap, each counts
  long patch_pixels = 0;                  ///< pixels of the frame that lie in a patch, each once: PatchPixels
  std::vector<std::string> failed_tasks;  ///< "task id: reason"
  std::string request_json;               ///< the run's request, resolved
};

/// Pixels of the frame that lie in the patch of at least one site.
[[nodiscard]] long PatchPixels(const std::vector<SiteRecord>& sites);

/// Share of the frame's pixels that never had to be unwrapped, 0 to 1.
[[nodiscard]] inline double AvoidedRatio(const RunFacts& facts) {
  return facts.frame_pixels > 0 ? 1.0 - static_cast<double>(facts.patch_pixels) / facts.frame_pixels : 0.0;
}

}  // namespace fringewatch::results
