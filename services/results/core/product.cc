#include "services/results/core/product.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <map>

#include "common/base/hash.h"
#include "common/base/units.h"

namespace fringewatch::results {
namespace {

constexpr double kCell_m = 100.0;
constexpr double kCell_px = 4.0;  ///< where the size of a pixel is unknown
constexpr double kMetresPerDegree = 6371008.8 * kPi / 180.0;

struct FlagWord {
  PixelFlag bit;
  const char* word;
};
constexpr std::array<FlagWord, 4> kFlagWords = {{{kDisconnected, "disconnected"},
                                                 {kLowTemporalCoherence, "low_temporal_coherence"},
                                                 {kTooFast, "too_fast"},
                                                 {kClosureRepaired, "closure_repaired"}}};
constexpr double kFlagShare = 0.1;  ///< of the site's pixels that make a flag a property of the site

/// Indices of the pixels inside the outline that have a velocity.
std::vector<size_t> GoodPixels(const SiteSeries& series) {
  std::vector<size_t> good;
  for (size_t i = 0; i < series.velocity_m_per_yr.size(); ++i) {
    const uint8_t flags = series.flags.empty() ? 0 : series.flags.values[i];
    if (!(flags & (kOutsideSite | kNoData)) && std::isfinite(series.velocity_m_per_yr.values[i])) good.push_back(i);
  }
  return good;
}

template <typename Value>
double MeanOver(const std::vector<size_t>& pixels, Value value) {
  double sum = 0;
  size_t count = 0;
  for (const size_t i : pixels) {
    const double v = value(i);
    if (std::isfinite(v)) sum += v, ++count;
  }
  return count > 0 ? sum / static_cast<double>(count) : std::nan("");
}

double MeanOver(const std::vector<size_t>& pixels, const Array2<float>& raster) {
  if (raster.empty()) return std::nan("");
  return MeanOver(pixels, [&](size_t i) { return static_cast<double>(raster.values[i]); });
}

/// The pixel of the 2nd or 98th percentile of velocity, whichever is faster.
size_t FastPixel(std::vector<size_t> pixels, const Array2<float>& velocity) {
  std::sort(pixels.begin(), pixels.end(),
            [&](size_t a, size_t b) { return std::pair(velocity.values[a], a) < std::pair(velocity.values[b], b); });
  const size_t edge = static_cast<size_t>(std::floor(0.02 * static_cast<double>(pixels.size())));
  const size_t low = pixels[edge], high = pixels[pixels.size() - 1 - edge];
  return std::abs(velocity.values[low]) > std::abs(velocity.values[high]) ? low : high;
}

std::string Joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, ",")); }

std::string CommonFlagWords(const std::vector<size_t>& pixels, const Array2<uint8_t>& flags) {
  if (flags.empty()) return {};
  std::vector<std::string> words;
  for (const FlagWord& flag : kFlagWords) {
    const double share = MeanOver(pixels, [&](size_t i) { return (flags.values[i] & flag.bit) ? 1.0 : 0.0; });
    if (share > kFlagShare) words.emplace_back(flag.word);
  }
  return Joined(words);
}

/// Whole-number place of a point, in cells of about 100 m.
std::pair<long, long> CellOf(const Grid& grid, double x, double y) {
  double cell_x = kCell_m, cell_y = kCell_m;
  if (grid.geographic) {
    cell_y = kCell_m / kMetresPerDegree;
    const double latitude_rad = (std::floor(y / cell_y) + 0.5) * cell_y * kPi / 180.0;
    cell_x = cell_y / std::max(0.01, std::cos(latitude_rad));
  } else if (grid.spacing_x_m <= 0) {
    cell_x = cell_y = kCell_px;
  }
  return {std::lround(std::floor(x / cell_x)), std::lround(std::floor(y / cell_y))};
}

}  // namespace

SiteSummary Summarise(const SiteRecord& site, const Grid& grid) {
  SiteSummary summary;
  summary.area_m2 = site.flagged.area_px * grid.PixelArea_m2();
  summary.vel_mm_yr = summary.vel_std = summary.vel_max_mm_yr = summary.accel_mm_yr2 = summary.quality = std::nan("");
  if (!site.has_series) return summary;
  const SiteSeries& series = site.series;
  const std::vector<size_t> good = GoodPixels(series);
  if (good.empty()) {
    summary.flags = "no_data";
    return summary;
  }
  summary.good_pixels = static_cast<int>(good.size());
  const size_t fast = FastPixel(good, series.velocity_m_per_yr);
  summary.vel_mm_yr = 1e3 * MeanOver(good, series.velocity_m_per_yr);
  summary.vel_std = 1e3 * MeanOver(good, series.velocity_std_m_per_yr);
  summary.vel_max_mm_yr = 1e3 * series.velocity_m_per_yr.values[fast];
  summary.accel_mm_yr2 = 1e3 * MeanOver(good, series.acceleration_m_per_yr2);
  summary.quality = MeanOver(good, series.temporal_coherence);
  summary.flags = CommonFlagWords(good, series.flags);
  summary.fast_row = static_cast<int>(fast) / series.window.cols;
  summary.fast_col = static_cast<int>(fast) % series.window.cols;
  const auto per_date = [&](const Array3<float>& stack, std::vector<double>& mean_mm, std::vector<double>& peak_mm) {
    for (int t = 0; t < stack.planes; ++t) {
      const auto plane = stack.plane(t);
      mean_mm.push_back(1e3 * MeanOver(good, [&](size_t i) { return static_cast<double>(plane[i]); }));
      peak_mm.push_back(1e3 * plane[fast]);
    }
  };
  per_date(series.displacement_m, summary.mean_series_mm, summary.peak_series_mm);
  per_date(series.displacement_std_m, summary.mean_std_mm, summary.peak_std_mm);
  return summary;
}

std::string FlagWords(uint8_t flags) {
  std::vector<std::string> words;
  for (const FlagWord& flag : kFlagWords) {
    if (flags & flag.bit) words.emplace_back(flag.word);
  }
  return Joined(words);
}

std::string SiteId(const Track& track, const FlaggedSite& site) {
  std::string name = track.name.empty() ? "track" : track.name;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '.') c = '_';
  }
  const auto [cell_x, cell_y] =
      CellOf(track.grid, track.grid.X(site.peak_col + 0.5), track.grid.Y(site.peak_row + 0.5));
  return fmt::format("FW-{}-{}", name, Sha256(fmt::format("{}|{}|{}", track.name, cell_x, cell_y)).substr(0, 8));
}

long PatchPixels(const std::vector<SiteRecord>& sites) {
  std::map<int, std::vector<std::pair<int, int>>> spans;  // of each row, first and one past the last column
  for (const SiteRecord& site : sites) {
    const Window& window = site.series.window;
    for (int row = window.row0; row < window.row1(); ++row) spans[row].emplace_back(window.col0, window.col1());
  }
  long pixels = 0;
  for (auto& [row, row_spans] : spans) {
    std::sort(row_spans.begin(), row_spans.end());
    int counted_to = row_spans.front().first;
    for (const auto& [begin, end] : row_spans) {
      pixels += std::max(0, end - std::max(begin, counted_to));
      counted_to = std::max(counted_to, end);
    }
  }
  return pixels;
}

}  // namespace fringewatch::results
