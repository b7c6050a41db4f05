#include "services/results/app/report_series.h"

#include <algorithm>
#include <cmath>

#include "services/results/app/report_parts.h"

namespace fringewatch::results {
namespace {

constexpr double kWidth = 840, kHeight = 270, kLeft = 60, kRight = 14, kTop = 12, kBottom = 30;

/// Days and millimetres to SVG units.
struct Scale {
  double first_day = 0, last_day = 1, low_mm = -1, high_mm = 1;
  [[nodiscard]] double X(double day) const {
    return kLeft + (kWidth - kLeft - kRight) * (day - first_day) / (last_day - first_day);
  }
  [[nodiscard]] double Y(double mm) const {
    return kTop + (kHeight - kTop - kBottom) * (high_mm - mm) / (high_mm - low_mm);
  }
};

struct Line {
  const char* name;
  const std::vector<double>& mm;
  const std::vector<double>& std_mm;
};

double SigmaAt(const Line& line, size_t t) {
  return t < line.std_mm.size() && std::isfinite(line.std_mm[t]) ? line.std_mm[t] : 0.0;
}

Scale FitScale(const std::vector<Line>& lines, const std::vector<Date>& dates) {
  Scale scale;
  scale.first_day = dates.front().days_since_1970;
  scale.last_day = std::max(scale.first_day + 1, static_cast<double>(dates.back().days_since_1970));
  double low = 0, high = 0;
  for (const Line& line : lines) {
    for (size_t t = 0; t < line.mm.size(); ++t) {
      if (!std::isfinite(line.mm[t])) continue;
      low = std::min(low, line.mm[t] - SigmaAt(line, t));
      high = std::max(high, line.mm[t] + SigmaAt(line, t));
    }
  }
  const double room = std::max(1.0, 0.06 * (high - low));
  scale.low_mm = low - room;
  scale.high_mm = high + room;
  return scale;
}

/// Line, band and points; a missing date starts a new piece.
std::string Draw(const Line& line, const std::vector<Date>& dates, const Scale& scale) {
  std::string upper, lower, path, dots, svg;
  const auto close_piece = [&] {
    if (!upper.empty()) svg += fmt::format(R"(<path class="band {}" d="M{}{}Z"/>)", line.name, upper.substr(1), lower);
    upper.clear();
    lower.clear();
  };
  for (size_t t = 0; t < line.mm.size() && t < dates.size(); ++t) {
    if (!std::isfinite(line.mm[t])) {
      close_piece();
      continue;
    }
    const double x = scale.X(dates[t].days_since_1970), sigma = SigmaAt(line, t);
    path += fmt::format("{}{:.1f} {:.1f}", upper.empty() ? "M" : "L", x, scale.Y(line.mm[t]));
    upper += fmt::format("L{:.1f} {:.1f}", x, scale.Y(line.mm[t] + sigma));
    lower = fmt::format("L{:.1f} {:.1f}", x, scale.Y(line.mm[t] - sigma)) + lower;
    dots += fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="3"><title>{}: {} ± {} mm</title></circle>)", x,
                        scale.Y(line.mm[t]), dates[t].Iso(), Number(line.mm[t], 1), Number(sigma, 1));
  }
  close_piece();
  return svg + fmt::format(R"(<path class="line {0}" d="{1}"/><g class="dots {0}">{2}</g>)", line.name, path, dots);
}

std::string Axes(const std::vector<Date>& dates, const Scale& scale) {
  std::string svg;
  for (const double mm : Ticks(scale.low_mm, scale.high_mm, 5)) {
    svg += fmt::format(R"(<path class="{}" d="M{} {:.1f}H{}"/><text x="{}" y="{:.1f}" text-anchor="end">{}</text>)",
                       std::abs(mm) < 1e-9 ? "zero" : "grid", kLeft, scale.Y(mm), kWidth - kRight, kLeft - 7,
                       scale.Y(mm) + 4, Number(mm, scale.high_mm - scale.low_mm < 5 ? 1 : 0));
  }
  double last_x = -1e9;
  for (const Date date : dates) {
    const double x = scale.X(date.days_since_1970);
    svg += fmt::format(R"(<path class="tick" d="M{:.1f} {}v4"/>)", x, kHeight - kBottom);
    if (x - last_x < 92 || x > kWidth - kRight - 16) continue;
    svg +=
        fmt::format(R"(<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>)", x, kHeight - kBottom + 18, date.Iso());
    last_x = x;
  }
  return svg +
         fmt::format(
             R"svg(<text transform="translate(14 {}) rotate(-90)" text-anchor="middle">mm towards satellite</text>)svg",
             (kHeight - kBottom + kTop) / 2);
}

}  // namespace

std::string SeriesSvg(const SiteSummary& summary, const std::vector<Date>& dates, const std::string& label) {
  if (dates.empty() || summary.mean_series_mm.empty()) return "<p class=\"empty\">no series</p>";
  const std::vector<Line> lines = {{"mean", summary.mean_series_mm, summary.mean_std_mm},
                                   {"peak", summary.peak_series_mm, summary.peak_std_mm}};
  const Scale scale = FitScale(lines, dates);
  std::string svg =
      fmt::format(R"(<svg class="series" viewBox="0 0 {} {}" role="img" aria-label="displacement of {}">)", kWidth,
                  kHeight, Escape(label));
  svg += Axes(dates, scale);
  for (const Line& line : lines) svg += Draw(line, dates, scale);
  return svg + "</svg>";
}

}  // namespace fringewatch::results
