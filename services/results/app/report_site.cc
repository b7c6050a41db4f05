#include "services/results/app/report_site.h"

#include <algorithm>
#include <cmath>

#include "services/results/app/report_parts.h"
#include "services/results/app/report_series.h"

namespace fringewatch::results {
namespace {

constexpr double kThumbnail = 230.0;  ///< longer side of the velocity map, SVG units

/// Velocity at the end of a site's own colour scale, mm/yr.
double LimitOf(const SiteSeries& series) {
  std::vector<float> speeds;
  for (const float value : series.velocity_m_per_yr.values) {
    if (std::isfinite(value)) speeds.push_back(std::abs(value));
  }
  if (speeds.empty()) return 1.0;
  const auto high = speeds.begin() + static_cast<long>(0.99 * static_cast<double>(speeds.size() - 1));
  std::nth_element(speeds.begin(), high, speeds.end());
  return RoundUp(std::max(1.0, 1e3 * static_cast<double>(*high)));
}

/// Halfway to white: what lies around the site.
io::Rgba Faded(io::Rgba colour) {
  const auto fade = [](uint8_t channel) { return static_cast<uint8_t>((channel + 255) / 2); };
  return {fade(colour.red), fade(colour.green), fade(colour.blue), 255};
}

Array2<io::Rgba> VelocityPicture(const SiteSeries& series, double limit_mm_yr) {
  Array2<io::Rgba> picture(series.velocity_m_per_yr.rows, series.velocity_m_per_yr.cols);
  for (size_t i = 0; i < picture.size(); ++i) {
    const float value = series.velocity_m_per_yr.values[i];
    if (!std::isfinite(value)) continue;
    picture.values[i] = ColourOf(1e3 * value, limit_mm_yr);
    const bool outside = !series.flags.empty() && (series.flags.values[i] & kOutsideSite);
    if (outside) picture.values[i] = Faded(picture.values[i]);
  }
  return picture;
}

StatusOr<std::string> VelocityMap(const SiteRecord& site, const SiteSummary& summary, const Grid& grid) {
  const SiteSeries& series = site.series;
  if (series.velocity_m_per_yr.empty()) return std::string();
  const double limit = LimitOf(series);
  FW_ASSIGN_OR_RETURN(const std::string picture, PngUri(VelocityPicture(series, limit)));
  const bool known = grid.spacing_x_m > 0 && grid.spacing_y_m > 0;
  const double width = series.window.cols * (known ? grid.spacing_x_m : 1.0);
  const double height = series.window.rows * (known ? grid.spacing_y_m : 1.0);
  const double scale = kThumbnail / std::max(width, height);
  const double per_col = scale * width / series.window.cols, per_row = scale * height / series.window.rows;
  std::string points;
  for (const PixelPoint& point : site.flagged.outline) {
    points += fmt::format("{:.1f},{:.1f} ", (point.col - series.window.col0) * per_col,
                          (point.row - series.window.row0) * per_row);
  }
  std::string svg = fmt::format(
      R"svg(<svg class="velocity" viewBox="-1 -1 {0:.1f} {1:.1f}" role="img" aria-label="velocity map"><rect width="{2:.1f}" height="{3:.1f}" fill="url(#hatch)"/><image width="{2:.1f}" height="{3:.1f}" preserveAspectRatio="none" href="{4}"/><polygon points="{5}"/>)svg",
      scale * width + 2, scale * height + 2, scale * width, scale * height, picture, points);
  if (summary.fast_row >= 0) {
    svg += fmt::format(R"(<path class="cross" d="M{:.1f} {:.1f}h10m-5 -5v10"/>)",
                       (summary.fast_col + 0.5) * per_col - 5, (summary.fast_row + 0.5) * per_row);
  }
  return svg + "</svg>" + ColourLegend(limit);
}

std::string Place(const SiteRecord& site, const Grid& grid) {
  const double x = grid.X(site.flagged.peak_col + 0.5), y = grid.Y(site.flagged.peak_row + 0.5);
  if (grid.geographic) {
    return fmt::format("{:.4f}° {} {:.4f}° {}", std::abs(y), y < 0 ? "S" : "N", std::abs(x), x < 0 ? "W" : "E");
  }
  if (!grid.crs_wkt.empty()) return fmt::format("E {} N {}", Thousands(x), Thousands(y));
  return fmt::format("row {}, col {}", site.flagged.peak_row, site.flagged.peak_col);
}

std::string Figure(const std::string& name, const std::string& value) {
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", name, value);
}

std::string Figures(const SiteRecord& site, const SiteSummary& summary, const Track& track) {
  return "<dl class=\"figures\">" + Figure("Peak velocity", Number(summary.vel_max_mm_yr, 1) + " mm/yr") +
         Figure("Mean velocity",
                fmt::format("{} ± {} mm/yr", Number(summary.vel_mm_yr, 1), Number(summary.vel_std, 1))) +
         Figure("Acceleration", Number(summary.accel_mm_yr2, 1) + " mm/yr²") +
         Figure("Area", summary.area_m2 > 0 ? Number(1e-6 * summary.area_m2, 3) + " km²"
                                            : fmt::format("{} px", site.flagged.area_px)) +
         Figure("Temporal coherence", Number(summary.quality, 2)) +
         Figure("Evidence", Number(site.flagged.score, 2) + ", mean " + Number(site.flagged.mean_score, 2)) +
         Figure("Seen in", fmt::format("{} ({} of {} pairs)", Escape(site.flagged.kind),
                                       site.flagged.voting_pairs.size(), track.pairs.size())) +
         Figure("Place of the peak", Place(site, track.grid)) + "</dl>";
}

}  // namespace

StatusOr<std::string> SitePanel(const SiteRecord& site, const SiteSummary& summary, size_t rank, const Track& track) {
  std::string html = fmt::format(R"(<article class="site" id="{0}"><header><span class="rank">{1}</span><h3>{0}</h3>)",
                                 Escape(site.site_id), rank);
  if (!summary.flags.empty()) html += fmt::format(R"(<span class="flags">{}</span>)", Escape(summary.flags));
  html += "</header>";
  if (site.has_series) {
    FW_ASSIGN_OR_RETURN(const std::string map, VelocityMap(site, summary, track.grid));
    html += fmt::format(
        R"(<div class="plots"><figure>{}<figcaption><b class="mean">mean of the site</b> and <b class="peak">fastest pixel</b>, each with its one-sigma band</figcaption></figure><figure class="thumb">{}</figure></div>)",
        SeriesSvg(summary, site.series.dates, site.site_id), map);
  } else {
    html += fmt::format(R"(<p class="failure">No series: {}</p>)", Escape(site.failure));
  }
  html += Figures(site, summary, track);
  if (!site.series.notes.empty()) {
    html += "<ul class=\"notes\">";
    for (const std::string& note : site.series.notes) html += "<li>" + Escape(note) + "</li>";
    html += "</ul>";
  }
  return html + "</article>";
}

}  // namespace fringewatch::results
