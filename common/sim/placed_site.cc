#include "common/sim/placed_site.h"

#include <algorithm>
#include <cmath>

#include "common/sim/streams.h"

namespace fringewatch::sim {
namespace {

constexpr double kOutlineShare = 0.05;
constexpr double kBoxShare = 0.01;
constexpr double kSupportRadii = 4.0;
constexpr int kSizeGrid = 64;

double RangeDraw(KeyedRandom& random, double low, double high) {
  return low < high ? random.LogUniform(low, high) : low;
}

}  // namespace

PlacedSite::PlacedSite(const SceneConfig& config, const LineOfSight& line_of_sight, const Terrain& terrain, int id,
                       const std::vector<PlacedSite>& others)
    : pixel_m_(config.pixel_m) {
  KeyedRandom random(StreamKey(config, Stream::kSite, id));
  truth_.id = id;
  const auto& kinds = config.sites.kinds;
  truth_.kind = kinds[random.Integer(0, static_cast<int>(kinds.size()) - 1)];
  // Sinkholes are the small ones.
  const double largest = truth_.kind == SourceKind::kSinkhole
                             ? std::sqrt(config.sites.radius_min_m * config.sites.radius_max_m)
                             : config.sites.radius_max_m;
  truth_.radius_m = RangeDraw(random, config.sites.radius_min_m, largest);
  DrawPlace(config, terrain, others, random);
  const int reach_px = std::max(1, static_cast<int>(0.5 * truth_.radius_m / pixel_m_));
  const SlopeAt slope = terrain.Slope(static_cast<int>(truth_.row), static_cast<int>(truth_.col), reach_px);
  source_ = DrawSource(truth_.kind, line_of_sight, slope, random);
  FitSize();
  const double support_px = kSupportRadii * truth_.radius_m / pixel_m_;
  const int row0 = static_cast<int>(std::floor(truth_.row - support_px));
  const int col0 = static_cast<int>(std::floor(truth_.col - support_px));
  const int size = static_cast<int>(std::ceil(2.0 * support_px)) + 1;
  support_ = Intersect({row0, col0, size, size}, {0, 0, config.rows, config.cols});
  FitAmplitude(config, random);
  DrawOutline();
}

void PlacedSite::DrawPlace(const SceneConfig& config, const Terrain& terrain, const std::vector<PlacedSite>& others,
                           KeyedRandom& random) {
  constexpr int kTries = 100;
  const double radius_px = truth_.radius_m / pixel_m_;
  const double margin = std::min(1.1 * radius_px, 0.05 * std::min(config.rows, config.cols));
  for (int attempt = 0; attempt < kTries; ++attempt) {
    truth_.row = random.Uniform(margin, config.rows - margin);
    truth_.col = random.Uniform(margin, config.cols - margin);
    // The longer it takes, the less room is asked for: the number of sites is kept.
    const double room = 1.6 * (1.0 - static_cast<double>(attempt) / kTries);
    const bool apart = std::all_of(others.begin(), others.end(), [&](const PlacedSite& other) {
      const double distance = std::hypot(other.truth_.row - truth_.row, other.truth_.col - truth_.col);
      return distance > room * (radius_px + other.truth_.radius_m / pixel_m_);
    });
    if (!apart) continue;
    if (!terrain.IsWater(static_cast<int>(truth_.row), static_cast<int>(truth_.col))) return;
  }
}

/// Finds the peak of the source's final pattern and the size at which the ground above 5 % of it covers the area of
/// a circle of radius_m. The search square grows until the pattern fits in.
void PlacedSite::FitSize() {
  for (double reach = source_->reach();; reach *= 1.6) {
    const double step = 2.0 * reach / kSizeGrid;
    Array2<float> values(kSizeGrid, kSizeGrid);
    double peak = 0.0;
    const auto consider = [&](double east, double north) {
      const double value = std::abs(source_->LineOfSightAt(east, north, 1.0));
      if (value > peak) peak = value, peak_east_ = east, peak_north_ = north;
      return static_cast<float>(value);
    };
    for (int j = 0; j < kSizeGrid; ++j) {
      for (int i = 0; i < kSizeGrid; ++i) values(j, i) = consider((i + 0.5) * step - reach, (j + 0.5) * step - reach);
    }
    for (double fine = step / 3.0; fine > step / 50.0; fine /= 3.0) {
      const double east = peak_east_, north = peak_north_;
      for (int k = 0; k < 9; ++k) consider(east + (k % 3 - 1) * fine, north + (k / 3 - 1) * fine);
    }
    int above = 0, at_edge = 0;
    for (int j = 0; j < kSizeGrid; ++j) {
      for (int i = 0; i < kSizeGrid; ++i) {
        if (values(j, i) < kOutlineShare * peak) continue;
        ++above;
        at_edge += std::min({i, j, kSizeGrid - 1 - i, kSizeGrid - 1 - j}) == 0;
      }
    }
    if (at_edge > 0 && reach < 5.0 * source_->reach()) continue;
    unit_m_ = truth_.radius_m / std::sqrt(above * step * step / kPi);
    return;
  }
}

double PlacedSite::ShapeAt(int row, int col, double progress) const {
  const double east_m = (col + 0.5 - truth_.col) * pixel_m_, north_m = (truth_.row - row - 0.5) * pixel_m_;
  const double radii = std::sqrt(east_m * east_m + north_m * north_m) / truth_.radius_m;
  if (radii >= kSupportRadii) return 0.0;
  const double fade = std::min(1.0, kSupportRadii - radii);
  return fade * fade * (3.0 - 2.0 * fade) *
         source_->LineOfSightAt(peak_east_ + east_m / unit_m_, peak_north_ + north_m / unit_m_, progress);
}

void PlacedSite::FitAmplitude(const SceneConfig& config, KeyedRandom& random) {
  const double rate = RangeDraw(random, config.sites.rate_min_m_per_yr, config.sites.rate_max_m_per_yr);
  final_m_ = Array2<float>(support_.rows, support_.cols);
  float peak = 0.0f;
  for (int r = 0; r < support_.rows; ++r) {
    for (int c = 0; c < support_.cols; ++c) {
      const auto value = static_cast<float>(ShapeAt(support_.row0 + r, support_.col0 + c, 1.0));
      final_m_(r, c) = value;
      if (std::abs(value) > std::abs(peak)) peak = value;
    }
  }
  const double years = (config.epochs - 1) * config.repeat_days / kDaysPerYear;
  amplitude_m_ = peak == 0.0f ? 0.0 : rate * years / std::abs(peak);
  for (float& value : final_m_.values) value *= static_cast<float>(amplitude_m_);
  truth_.peak_rate_m_per_yr = std::copysign(rate, peak);
  truth_.peak_phase_12_days_rad = rate * 12.0 / kDaysPerYear * 4.0 * kPi / config.wavelength_m;
}

void PlacedSite::DrawOutline() {
  const auto size = [](float a, float b) { return std::abs(a) < std::abs(b); };
  const auto peak_at = std::max_element(final_m_.values.begin(), final_m_.values.end(), size);
  const float peak = std::abs(*peak_at);
  Array2<uint8_t> above(support_.rows, support_.cols);
  int row0 = support_.rows, row1 = 0, col0 = support_.cols, col1 = 0;
  for (int r = 0; r < support_.rows; ++r) {
    for (int c = 0; c < support_.cols; ++c) {
      const float value = std::abs(final_m_(r, c));
      above(r, c) = value >= kOutlineShare * peak;
      if (value < kBoxShare * peak) continue;
      row0 = std::min(row0, r), row1 = std::max(row1, r + 1);
      col0 = std::min(col0, c), col1 = std::max(col1, c + 1);
    }
  }
  truth_.box = {support_.row0 + row0, support_.col0 + col0, row1 - row0, col1 - col0};
  const Components components = LabelComponents(above);
  const int32_t label = components.labels.values[peak_at - final_m_.values.begin()];
  truth_.outline = TraceRing(components, label - 1);
  for (PixelPoint& point : truth_.outline) {
    point.row += support_.row0;
    point.col += support_.col0;
  }
}

void PlacedSite::AddDisplacement(double progress, const Window& window, Array2<float>& values) const {
  const Window common = Intersect(window, support_);
  if (common.empty() || progress == 0.0) return;
  const bool from_final = source_->stationary() || progress == 1.0;
  const auto law = static_cast<float>(source_->TimeLaw(progress));
  for (int row = common.row0; row < common.row1(); ++row) {
    float* out = &values(row - window.row0, common.col0 - window.col0);
    if (from_final) {
      const float* in = &final_m_(row - support_.row0, common.col0 - support_.col0);
      for (int c = 0; c < common.cols; ++c) out[c] += law * in[c];
    } else {
      for (int c = 0; c < common.cols; ++c) {
        out[c] += static_cast<float>(amplitude_m_ * ShapeAt(row, common.col0 + c, progress));
      }
    }
  }
}

}  // namespace fringewatch::sim
