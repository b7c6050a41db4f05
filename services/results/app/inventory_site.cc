#include "services/results/app/inventory_site.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace fringewatch::results {
namespace {

/// Numbers as text: two NaN are the same.
auto ContentOf(const InventorySite& site) {
  const std::string numbers = fmt::format("{} {} {} {} {} {} {} {} {} {} {}", site.score, site.probability,
                                          site.area_m2, site.vel_mm_yr, site.vel_std_mm_yr, site.vel_max_mm_yr,
                                          site.accel_mm_yr2, site.quality, site.peak_lon, site.peak_lat, site.pairs);
  return std::tuple(site.site_id, site.run_id, site.run_submitted_at, site.track, site.kind, site.first_date,
                    site.last_date, site.flags, site.orbit, site.peak_row, site.peak_col, site.failure, site.series_key,
                    site.provisional, numbers);
}

/// Outline and peak in longitude and latitude; without georeference they stay as they are.
Status SetPlace(const FlaggedSite& flagged, const Grid& grid, InventorySite& site) {
  // The peak goes along as the last point of the ring: one transformation, and the same side of the date line.
  PixelRing points = flagged.outline;
  points.push_back({.col = flagged.peak_col + 0.5, .row = flagged.peak_row + 0.5});
  FW_ASSIGN_OR_RETURN(site.outline, io::ToWgs84(points, grid));
  if (site.outline.empty()) return {};
  site.peak_lon = site.outline.back().lon;
  site.peak_lat = site.outline.back().lat;
  site.outline.pop_back();
  return {};
}

}  // namespace

StatusOr<InventorySite> ToInventorySite(const OpenRun& run, const SiteRecord& record) {
  const Track& track = run.stack->track();
  const FlaggedSite& flagged = record.flagged;
  const SiteSummary summary = Summarise(record, track.grid);
  const std::vector<Date> dates = DatesOf(track.pairs);
  InventorySite site{.site_id = record.site_id,
                     .run_id = run.record.run_id,
                     .run_submitted_at = run.record.submitted_at,
                     .track = track.name,
                     .kind = flagged.kind,
                     .score = flagged.score,
                     .probability = flagged.mean_score,
                     .first_date = dates.empty() ? "" : dates.front().Iso(),
                     .last_date = dates.empty() ? "" : dates.back().Iso(),
                     .area_m2 = summary.area_m2,
                     .vel_mm_yr = summary.vel_mm_yr,
                     .vel_std_mm_yr = summary.vel_std,
                     .vel_max_mm_yr = summary.vel_max_mm_yr,
                     .accel_mm_yr2 = summary.accel_mm_yr2,
                     .quality = summary.quality,
                     .flags = summary.flags,
                     .orbit = track.orbit_direction,
                     .pairs = static_cast<int>(track.pairs.size()),
                     .outline = {},
                     .peak_lon = std::nan(""),
                     .peak_lat = std::nan(""),
                     .peak_row = flagged.peak_row,
                     .peak_col = flagged.peak_col,
                     .failure = record.failure,
                     .series_key = record.series_key};
  FW_RETURN_IF_ERROR(SetPlace(flagged, track.grid, site));
  return site;
}

bool SameContent(const InventorySite& a, const InventorySite& b) {
  return ContentOf(a) == ContentOf(b) && a.outline == b.outline;
}

Extent ExtentOf(const std::vector<io::LonLat>& outline) {
  const double nan = std::nan("");
  if (outline.empty()) return {nan, nan, nan, nan};
  Extent extent{outline[0].lon, outline[0].lat, outline[0].lon, outline[0].lat};
  for (const io::LonLat& point : outline) {
    extent.west = std::min(extent.west, point.lon);
    extent.east = std::max(extent.east, point.lon);
    extent.south = std::min(extent.south, point.lat);
    extent.north = std::max(extent.north, point.lat);
  }
  return extent;
}

}  // namespace fringewatch::results
