#include "common/sim/terrain.h"

#include <algorithm>
#include <cmath>

#include "common/sim/streams.h"

namespace fringewatch::sim {
namespace {

/// Value that a standard normal variable stays under with the given probability (0 to 1), by bisection.
double NormalQuantile(double probability) {
  double low = -9.0, high = 9.0;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (0.5 * std::erfc(-middle / std::sqrt(2.0)) < probability ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

float SmoothStep(float from, float to, float x) {
  const float t = std::clamp((x - from) / (to - from), 0.0f, 1.0f);
  return t * t * (3.0f - 2.0f * t);
}

/// Coarsest lattice of a field whose features are about `scale_m`, at most a share of the frame.
double OuterPx(const SceneConfig& config, double scale_m, double share) {
  return std::max(8.0, std::min(scale_m / config.pixel_m, share * std::max(config.rows, config.cols)));
}

}  // namespace

Terrain::Terrain(const SceneConfig& config)
    : config_(config),
      mean_height_m_(100.0 + 0.6 * config.dem_relief_m),
      height_(StreamKey(config, Stream::kHeight), OuterPx(config, 6000.0, 0.5), 2.0, 0.8, config.dem_relief_m / 4.0),
      height_error_(StreamKey(config, Stream::kHeightError), OuterPx(config, 1000.0, 0.3), 2.0, 0.5,
                    config.dem_error_m),
      base_(StreamKey(config, Stream::kCoherence), OuterPx(config, 1500.0, 0.3), 2.0, 0.3, 1.0),
      vegetation_(StreamKey(config, Stream::kVegetation), OuterPx(config, 1200.0, 0.3), 4.0, 0.5, 1.0),
      water_(StreamKey(config, Stream::kWater), OuterPx(config, 1500.0, 0.25), 4.0, 0.9, 1.0),
      water_below_(config.water_fraction > 0.0 ? NormalQuantile(config.water_fraction) : -1e3),
      vegetation_above_(config.vegetation_fraction > 0.0 ? NormalQuantile(1.0 - config.vegetation_fraction) : 1e3),
      snow_above_(config.snow_fraction > 0.0 ? NormalQuantile(1.0 - config.snow_fraction) : 1e3) {}

Array2<float> Terrain::Height(const Window& window) const {
  Array2<float> height(window.rows, window.cols, static_cast<float>(mean_height_m_));
  height_.AddTo(window, height);
  return height;
}

Array2<float> Terrain::HeightError(const Window& window) const { return height_error_.Over(window); }

bool Terrain::IsWater(int row, int col) const { return water_.Over({row, col, 1, 1}).values[0] < water_below_; }

SlopeAt Terrain::Slope(int row, int col, int reach_px) const {
  const auto at = [&](int r, int c) { return static_cast<double>(Height({r, c, 1, 1}).values[0]); };
  const double run_m = 2.0 * reach_px * config_.pixel_m;
  const double rise_east = (at(row, col + reach_px) - at(row, col - reach_px)) / run_m;
  const double rise_north = (at(row - reach_px, col) - at(row + reach_px, col)) / run_m;
  const double steepness = std::hypot(rise_east, rise_north);
  if (steepness < 1e-6) return {};
  return {-rise_east / steepness, -rise_north / steepness, std::max(0.1, std::atan(steepness))};
}

GroundCover Terrain::Cover(const Window& window) const {
  GroundCover cover{base_.Over(window), vegetation_.Over(window)};
  const Array2<float> water = water_.Over(window);
  const auto low = static_cast<float>(config_.coherence_min), high = static_cast<float>(config_.coherence_max);
  const auto green = static_cast<float>(vegetation_above_), lake = static_cast<float>(water_below_);
  for (size_t i = 0; i < water.size(); ++i) {
    float& g = cover.coherence.values[i];
    float& v = cover.vegetation.values[i];
    v = SmoothStep(green - 0.15f, green + 0.15f, v);
    // Logistic of a standard normal field stretched to use the whole range.
    const float bare = low + (high - low) * SmoothStep(-2.2f, 1.4f, g);
    g = water.values[i] < lake ? 0.0f : bare + 0.7f * v * (low - bare);
  }
  DarkenLayover(window, cover.coherence);
  return cover;
}

void Terrain::DarkenLayover(const Window& window, Array2<float>& coherence) const {
  const Array2<float> height = Height({window.row0 - 1, window.col0 - 1, window.rows + 2, window.cols + 2});
  const double look = (config_.heading_deg + 90.0) * kPi / 180.0;  // azimuth of the ground-range direction
  const double scale = 1.0 / (2.0 * config_.pixel_m * std::tan(config_.incidence_deg * kPi / 180.0));
  const auto east = static_cast<float>(std::sin(look) * scale), north = static_cast<float>(std::cos(look) * scale);
  for (int r = 0; r < window.rows; ++r) {
    const float* above = &height(r, 1);
    const float* here = &height(r + 1, 1);
    const float* below = &height(r + 2, 1);
    for (int c = 0; c < window.cols; ++c) {
      // Tangent of the slope that faces the radar over that of the incidence: layover from 1 on.
      const float facing = east * (here[c + 1] - here[c - 1]) + north * (above[c] - below[c]);
      if (facing > 0.6f) coherence(r, c) *= 1.0f - 0.85f * SmoothStep(0.6f, 1.0f, facing);
    }
  }
}

Array2<float> Terrain::Snow(int epoch, const Window& window) const {
  const uint64_t key = StreamKey(config_, Stream::kSnow, epoch);
  if (config_.snow_fraction <= 0.0 || !KeyedRandom(key).Chance(0.5)) return {};
  Array2<float> snow = PowerLawField(key, OuterPx(config_, 2000.0, 0.3), 4.0, 0.7, 1.0).Over(window);
  for (float& s : snow.values) s = s > snow_above_ ? 1.0f : 0.0f;
  return snow;
}

}  // namespace fringewatch::sim
