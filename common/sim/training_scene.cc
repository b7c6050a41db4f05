/// Random scenes to train on: what varies between the frames of a country and between sensors.
#include <algorithm>
#include <array>
#include <cmath>

#include "common/sim/scene.h"
#include "common/sim/streams.h"

namespace fringewatch::sim {
namespace {

constexpr double kBandC_m = 0.055465763, kBandL_m = 0.2362, kBandX_m = 0.031;
constexpr double kSteepest_rad_per_px = 9.0;
constexpr double kStill = 0.75;       ///< share of squares of 128 pixels without a site: most ground stands still
constexpr double kSmallest_px = 4.0;  ///< radius of a site: smaller ones look like strong scatterers

/// log-uniform in [low, high] whose middle [likely_low, likely_high] takes 60 %.
double PeakedLogUniform(KeyedRandom& random, double low, double likely_low, double likely_high, double high) {
  return random.Chance(0.6) ? random.LogUniform(likely_low, likely_high) : random.LogUniform(low, high);
}

/// Sites of one patch: radius in pixels, peak phase of the pair in radians.
void DrawSites(SceneConfig& config, KeyedRandom& random) {
  // Few sites even on large patches: all have one size and rate, and many of them would tell of each other.
  const double still = std::pow(kStill, std::max(1.0, config.rows * config.cols / (128.0 * 128.0)));
  config.sites.count = random.Chance(still) ? 0 : random.Integer(1, 3);
  config.sites.kinds = {SourceKind::kBowl,      SourceKind::kBowl, SourceKind::kMiningBasin, SourceKind::kMiningBasin,
                        SourceKind::kLandslide, SourceKind::kMogi, SourceKind::kOkada,       SourceKind::kSinkhole};
  const double radius_px = PeakedLogUniform(random, kSmallest_px, 6.0, 28.0, 50.0);
  config.sites.radius_min_m = std::max(kSmallest_px, radius_px / 1.4) * config.pixel_m;
  config.sites.radius_max_m = std::min(50.0, radius_px * 1.4) * config.pixel_m;
  // A Gaussian bowl of 5 % radius R and peak A has its steepest gradient, 1.49 A / R, at 0.41 R: beyond
  // kSteepest_rad_per_px nothing can be learned from it.
  const double most_rad = std::clamp(kSteepest_rad_per_px * radius_px / 1.49, 6.0, 60.0);
  const double peak_rad = random.LogUniform(0.7, most_rad);
  const double rate_of_radian = config.wavelength_m / (4.0 * kPi) * kDaysPerYear / config.repeat_days;
  config.sites.rate_min_m_per_yr = std::max(0.7, peak_rad / 1.6) * rate_of_radian;
  config.sites.rate_max_m_per_yr = std::min(60.0, peak_rad * 1.6) * rate_of_radian;
}

/// Troposphere, orbit, relief: mild in most patches, wild in the rest (hard negatives).
void DrawNuisance(SceneConfig& config, KeyedRandom& random) {
  const double sqrt2 = std::sqrt(2.0);  // a pair holds two epochs
  const double turbulence = random.Chance(0.25) ? random.Uniform(1.5, 3.0) : random.Uniform(0.0, 1.5);
  config.turbulence_rad = turbulence / sqrt2;
  config.perlin_rad = random.Chance(0.5) ? random.Uniform(0.0, 3.0) / sqrt2 : 0.0;
  config.stratified_rad_per_km = random.Chance(0.5) ? random.Uniform(0.0, 10.0) / sqrt2 : 0.0;
  config.ramp_rad = random.Chance(0.5) ? random.LogUniform(0.3, 12.0) / sqrt2 : 0.0;
  config.dem_relief_m = random.LogUniform(20.0, 1500.0);
  config.dem_error_m = random.LogUniform(1.0, 15.0);
  config.baseline_m = random.LogUniform(20.0, 150.0);
  config.burst_seam_rad = random.Chance(0.15) ? random.LogUniform(0.2, 2.0) : 0.0;
}

void DrawCoherence(SceneConfig& config, KeyedRandom& random) {
  const double a = random.Uniform(0.25, 0.95), b = random.Uniform(0.25, 0.95);
  config.coherence_min = std::min(a, b);
  config.coherence_max = std::max(a, b);
  config.coherence_decay_days = random.LogUniform(40.0, 400.0);
  config.water_fraction = random.Chance(0.4) ? random.Uniform(0.0, 0.4) : 0.0;
  config.snow_fraction = random.Chance(0.1) ? random.Uniform(0.0, 0.4) : 0.0;
  config.vegetation_fraction = random.Uniform(0.0, 0.7);
  config.gap_fraction = random.Chance(0.2) ? random.Uniform(0.0, 0.2) : 0.0;
  config.looks = random.LogUniform(4.0, 40.0);
}

}  // namespace

SceneConfig RandomTrainingScene(uint64_t seed, int size_px) {
  constexpr std::array<int, 7> kSpans_days = {6, 12, 18, 24, 36, 48, 60};
  SceneConfig config;
  config.seed = seed;
  KeyedRandom random(StreamKey(config, Stream::kTraining));
  config.rows = config.cols = size_px;
  config.pixel_m = PeakedLogUniform(random, 10.0, 20.0, 40.0, 100.0);
  const double band = random.Uniform();
  config.wavelength_m = band < 0.8 ? kBandC_m : band < 0.92 ? kBandL_m : kBandX_m;
  config.incidence_deg = random.Uniform(25.0, 47.0);
  config.heading_deg = random.Chance(0.5) ? random.Uniform(-20.0, -5.0) : random.Uniform(185.0, 200.0);
  config.epochs = 2;
  config.pairs = 1;
  config.repeat_days = config.max_span_days = kSpans_days[random.Integer(0, 6)];
  DrawCoherence(config, random);
  DrawNuisance(config, random);
  DrawSites(config, random);
  return config;
}

}  // namespace fringewatch::sim
