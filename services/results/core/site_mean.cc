#include "services/results/core/site_mean.h"

#include <cmath>

namespace fringewatch::results {

DisplacementSeries MeanSeries(const SiteRecord& site) {
  // The size of a pixel matters to none of what is taken from the summary.
  SiteSummary summary = Summarise(site, Grid());
  return {.dates = site.series.dates,
          .displacement_mm = std::move(summary.mean_series_mm),
          .displacement_std_mm = std::move(summary.mean_std_mm),
          .vel_mm_yr = summary.vel_mm_yr,
          .vel_std_mm_yr = summary.vel_std,
          .pixels = summary.good_pixels,
          .flags = std::move(summary.flags)};
}

StatusOr<DisplacementSeries> PixelSeries(const SiteRecord& site, int row, int col) {
  const SiteSeries& patch = site.series;
  if (!patch.window.Contains(row, col)) {
    return Error(Fault::kUnknownName,
                 "row {}, col {} is not a pixel of site {}, whose patch has rows {} to {} and columns {} to {}", row,
                 col, site.site_id, patch.window.row0, patch.window.row1() - 1, patch.window.col0,
                 patch.window.col1() - 1);
  }
  const int r = row - patch.window.row0, c = col - patch.window.col0;
  const uint8_t flags = patch.flags.empty() ? 0 : patch.flags(r, c);
  if (flags & kOutsideSite) {
    return Error(Fault::kUnknownName, "row {}, col {} lies outside the outline of site {}", row, col, site.site_id);
  }
  if ((flags & kNoData) || patch.velocity_m_per_yr.empty() || std::isnan(patch.velocity_m_per_yr(r, c))) {
    return Error(Fault::kUnknownName, "row {}, col {} of site {} has too few pairs for a series", row, col,
                 site.site_id);
  }
  DisplacementSeries series{.dates = patch.dates,
                            .displacement_mm = {},
                            .displacement_std_mm = {},
                            .vel_mm_yr = 1e3 * patch.velocity_m_per_yr(r, c),
                            .vel_std_mm_yr = std::nan(""),
                            .pixels = 1,
                            .flags = FlagWords(flags)};
  if (!patch.velocity_std_m_per_yr.empty()) series.vel_std_mm_yr = 1e3 * patch.velocity_std_m_per_yr(r, c);
  const size_t pixel = static_cast<size_t>(r) * patch.window.cols + c;
  for (int t = 0; t < patch.displacement_m.planes; ++t) {
    series.displacement_mm.push_back(1e3 * patch.displacement_m.plane(t)[pixel]);
  }
  for (int t = 0; t < patch.displacement_std_m.planes; ++t) {
    series.displacement_std_mm.push_back(1e3 * patch.displacement_std_m.plane(t)[pixel]);
  }
  return series;
}

}  // namespace fringewatch::results
