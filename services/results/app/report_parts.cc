#include "services/results/app/report_parts.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace fringewatch::results {
namespace {

/// Red over pale yellow to blue, after the RdYlBu scheme of ColorBrewer (Harrower and Brewer 2003).
constexpr std::array<std::array<int, 3>, 11> kScale = {{{165, 0, 38},
                                                        {215, 48, 39},
                                                        {244, 109, 67},
                                                        {253, 174, 97},
                                                        {254, 224, 144},
                                                        {255, 255, 191},
                                                        {224, 243, 248},
                                                        {171, 217, 233},
                                                        {116, 173, 209},
                                                        {69, 117, 180},
                                                        {49, 54, 149}}};

std::string Base64(std::string_view bytes) {
  static constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t have = std::min<size_t>(3, bytes.size() - i);
    unsigned group = 0;
    for (size_t j = 0; j < 3; ++j) group = group << 8 | (j < have ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (size_t j = 0; j < 4; ++j) text += j <= have ? kLetters[group >> (18 - 6 * j) & 63U] : '=';
  }
  return text;
}

}  // namespace

std::string Escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

std::string Number(double value, int digits) {
  if (!std::isfinite(value)) return "–";
  std::string text = fmt::format("{:.{}f}", std::abs(value), digits);
  const bool zero = text.find_first_not_of("0.") == std::string::npos;
  return value < 0 && !zero ? "−" + text : text;
}

std::string Thousands(double value) {
  std::string text = fmt::format("{:.0f}", std::abs(value));
  for (size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
  return value < 0 ? "−" + text : text;
}

io::Rgba ColourOf(double value, double limit) {
  const double place = std::clamp(0.5 + 0.5 * value / limit, 0.0, 1.0) * (kScale.size() - 1);
  const size_t low = std::min(static_cast<size_t>(place), kScale.size() - 2);
  const double share = place - static_cast<double>(low);
  const auto mix = [&](size_t channel) {
    return static_cast<uint8_t>(std::lround((1 - share) * kScale[low][channel] + share * kScale[low + 1][channel]));
  };
  return {mix(0), mix(1), mix(2), 255};
}

std::string CssColour(io::Rgba colour) {
  return fmt::format("#{:02x}{:02x}{:02x}", colour.red, colour.green, colour.blue);
}

double RoundUp(double value) {
  const double decade = std::pow(10.0, std::floor(std::log10(value)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * decade >= value * (1 - 1e-9)) return factor * decade;
  }
  return 10.0 * decade;
}

std::vector<double> Ticks(double low, double high, int count) {
  std::vector<double> ticks;
  if (!(high > low)) return ticks;
  const double step = RoundUp((high - low) / count);
  const double slack = 1e-9 * step;
  for (double i = std::ceil((low - slack) / step); i * step <= high + slack; ++i) ticks.push_back(i * step);
  return ticks;
}

StatusOr<std::string> PngUri(const Array2<io::Rgba>& picture) {
  if (picture.empty()) return std::string();
  FW_ASSIGN_OR_RETURN(const std::string png, io::EncodePng(picture));
  return "data:image/png;base64," + Base64(png);
}

std::string ColourLegend(double limit) {
  constexpr int kSteps = 60;
  std::string svg = R"(<svg class="legend" viewBox="0 0 260 46" role="img" aria-label="colour scale of velocity">)";
  for (int i = 0; i < kSteps; ++i) {
    const double value = limit * (2.0 * (i + 0.5) / kSteps - 1.0);
    svg += fmt::format(R"(<rect x="{:.1f}" y="2" width="4.2" height="12" fill="{}"/>)", 10 + 240.0 * i / kSteps,
                       CssColour(ColourOf(value, limit)));
  }
  for (const double share : {-1.0, -0.5, 0.0, 0.5, 1.0}) {
    svg += fmt::format(R"(<text x="{:.0f}" y="28" text-anchor="{}">{}</text>)", 130 + 120 * share,
                       share == -1.0  ? "start"
                       : share == 1.0 ? "end"
                                      : "middle",
                       Number(share * limit, limit < 4 ? 1 : 0));
  }
  svg += R"(<text x="10" y="43">← away</text><text x="130" y="43" text-anchor="middle">mm/yr</text>)"
         R"(<text x="250" y="43" text-anchor="end">towards →</text></svg>)";
  return svg;
}

}  // namespace fringewatch::results
