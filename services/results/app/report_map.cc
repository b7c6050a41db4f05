#include "services/results/app/report_map.h"

#include <algorithm>
#include <cmath>

#include "services/results/app/report_parts.h"
#include "services/results/core/outline_overlap.h"

namespace fringewatch::results {
namespace {

constexpr double kLongSide = 1000.0;  ///< of the frame, SVG units
constexpr double kLeft = 74.0, kTop = 14.0, kRight = 20.0, kBottom = 34.0;
constexpr int kLabels = 60;      ///< sites that carry their number; the others show it when pointed at
constexpr double kSmall = 14.0;  ///< sites smaller than this get a ring around them

/// Pixels of the frame to SVG units, with the pixels' true shape.
struct Frame {
  explicit Frame(const Grid& grid) {
    const bool known = grid.spacing_x_m > 0 && grid.spacing_y_m > 0;
    const double width = grid.cols * (known ? grid.spacing_x_m : 1.0);
    const double height = grid.rows * (known ? grid.spacing_y_m : 1.0);
    const double scale = kLongSide / std::max(width, height);
    per_col = scale * (known ? grid.spacing_x_m : 1.0);
    per_row = scale * (known ? grid.spacing_y_m : 1.0);
    frame_width = grid.cols * per_col;
    frame_height = grid.rows * per_row;
    metres_per_unit = known ? 1.0 / scale : 0.0;
  }
  [[nodiscard]] double X(double col) const { return kLeft + col * per_col; }
  [[nodiscard]] double Y(double row) const { return kTop + row * per_row; }
  double per_col = 1, per_row = 1, frame_width = 0, frame_height = 0, metres_per_unit = 0;
};

Array2<io::Rgba> Greys(const Array2<float>& shade) {
  std::vector<float> values;
  std::copy_if(shade.values.begin(), shade.values.end(), std::back_inserter(values),
               [](float v) { return std::isfinite(v); });
  std::sort(values.begin(), values.end());
  Array2<io::Rgba> picture(shade.rows, shade.cols);
  if (values.empty()) return picture;
  const float low = values[values.size() / 50], high = values[values.size() - 1 - values.size() / 50];
  for (size_t i = 0; i < shade.size(); ++i) {
    const float value = shade.values[i];
    if (!std::isfinite(value)) continue;
    const float place = high > low ? std::clamp((value - low) / (high - low), 0.0F, 1.0F) : 0.5F;
    const auto grey = static_cast<int>(std::lround(150 + 94 * place));
    picture.values[i] = {static_cast<uint8_t>(grey - 4), static_cast<uint8_t>(grey), static_cast<uint8_t>(grey + 3),
                         255};
  }
  return picture;
}

/// Digits after the point that tell two neighbouring ticks apart.
int Digits(double step) { return std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 6); }

std::string Axes(const Grid& grid, const Frame& frame) {
  std::string svg;
  const char* unit = grid.geographic ? "°" : "";
  const double x_low = std::min(grid.X(0), grid.X(grid.cols)), x_high = std::max(grid.X(0), grid.X(grid.cols));
  const std::vector<double> xs = Ticks(x_low, x_high, 6);
  for (const double x : xs) {
    const double place = frame.X((x - grid.x0) / grid.dx);
    svg += fmt::format(
        R"(<path class="tick" d="M{0:.1f} {1:.1f}v5"/><text class="axis" x="{0:.1f}" y="{2:.1f}" text-anchor="middle">{3}{4}</text>)",
        place, kTop + frame.frame_height, kTop + frame.frame_height + 18,
        Number(x, xs.size() > 1 ? Digits(xs[1] - xs[0]) : 2), unit);
  }
  const double y_low = std::min(grid.Y(0), grid.Y(grid.rows)), y_high = std::max(grid.Y(0), grid.Y(grid.rows));
  const std::vector<double> ys = Ticks(y_low, y_high, 6);
  for (const double y : ys) {
    const double place = frame.Y((y - grid.y0) / grid.dy);
    svg += fmt::format(
        R"(<path class="tick" d="M{0:.1f} {1:.1f}h-5"/><text class="axis" x="{2:.1f}" y="{3:.1f}" text-anchor="end">{4}{5}</text>)",
        kLeft, place, kLeft - 8, place + 4, Number(y, ys.size() > 1 ? Digits(ys[1] - ys[0]) : 2), unit);
  }
  return svg;
}

std::string ScaleBar(const Frame& frame) {
  if (frame.metres_per_unit <= 0) return {};
  const double length_m = RoundUp(0.1 * frame.frame_width * frame.metres_per_unit);
  const double width = length_m / frame.metres_per_unit;
  const double x = kLeft + 16, y = kTop + frame.frame_height - 18;
  const std::string label = length_m >= 1000 ? Number(length_m / 1000, 0) + " km" : Number(length_m, 0) + " m";
  return fmt::format(
      R"(<g class="scale"><rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="30" rx="4"/><path d="M{:.1f} {:.1f}v5h{:.1f}v-5"/><text x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text></g>)",
      x - 8, y - 20, width + 16, x, y - 2, width, x + width / 2, y - 5, label);
}

std::string SiteShape(const SiteRecord& site, const SiteSummary& summary, size_t rank, const Frame& frame,
                      double limit_mm_yr) {
  std::string points;
  for (const PixelPoint& point : site.flagged.outline) {
    points += fmt::format("{:.1f},{:.1f} ", frame.X(point.col), frame.Y(point.row));
  }
  const bool measured = std::isfinite(summary.vel_max_mm_yr);
  const Window box = BoxOf(site.flagged.outline);
  const double x = frame.X(box.col0 + 0.5 * box.cols), y = frame.Y(box.row0 + 0.5 * box.rows);
  const double half = 0.5 * std::max(box.cols * frame.per_col, box.rows * frame.per_row);
  std::string svg = fmt::format(
      R"(<a href="#{0}"><title>{1}. {0}: peak {2} mm/yr, score {3}</title><polygon points="{4}" fill="{5}"/>)",
      Escape(site.site_id), rank, Number(summary.vel_max_mm_yr, 1), Number(site.flagged.score, 2), points,
      measured ? CssColour(ColourOf(summary.vel_max_mm_yr, limit_mm_yr)) : "none");
  if (2 * half < kSmall) {
    svg += fmt::format(R"(<circle class="ring" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"/>)", x, y, half + 5);
  }
  if (rank <= kLabels) {
    svg +=
        fmt::format(R"(<text class="label" x="{:.1f}" y="{:.1f}">{}</text>)", x + std::max(half, 5.0) + 3, y - 4, rank);
  }
  return svg + "</a>";
}

}  // namespace

StatusOr<std::string> MapSvg(const ReportInput& input, const std::vector<SiteSummary>& summaries, double limit_mm_yr) {
  const Frame frame(input.track.grid);
  std::string svg = fmt::format(
      R"svg(<svg id="map" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="map of the sites"><defs>
<pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="8" height="8" fill="#eef1f4"/><path d="M0 0v8" stroke="#d3dae0" stroke-width="2"/></pattern></defs>
<rect x="{}" y="{}" width="{:.1f}" height="{:.1f}" fill="url(#hatch)"/>)svg",
      kLeft + frame.frame_width + kRight, kTop + frame.frame_height + kBottom, kLeft, kTop, frame.frame_width,
      frame.frame_height);
  const Array2<float>& shade = input.background.shade;
  FW_ASSIGN_OR_RETURN(const std::string picture, PngUri(Greys(shade)));
  if (!picture.empty()) {
    const int block = input.background.block_px;
    svg += fmt::format(
        R"(<svg x="{}" y="{}" width="{:.1f}" height="{:.1f}"><image width="{:.1f}" height="{:.1f}" preserveAspectRatio="none" href="{}"/></svg>)",
        kLeft, kTop, frame.frame_width, frame.frame_height, shade.cols * block * frame.per_col,
        shade.rows * block * frame.per_row, picture);
  }
  const std::vector<SiteRecord>& sites = input.inventory.sites;
  for (size_t i = sites.size(); i-- > 0;) svg += SiteShape(sites[i], summaries[i], i + 1, frame, limit_mm_yr);
  svg += fmt::format(R"(<rect class="frame" x="{}" y="{}" width="{:.1f}" height="{:.1f}"/>)", kLeft, kTop,
                     frame.frame_width, frame.frame_height);
  return svg + Axes(input.track.grid, frame) + ScaleBar(frame) + "</svg>";
}

}  // namespace fringewatch::results
