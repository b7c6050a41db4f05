#include "common/sim/nuisance.h"

#include <algorithm>
#include <cmath>

#include "common/sim/noise_field.h"
#include "common/sim/streams.h"

namespace fringewatch::sim {
namespace {

constexpr double kSlantRange_m = 850e3;
constexpr double kBurst_m = 1500.0;
constexpr double kTurbulentLayer_m = 1000.0;  ///< lattice spacing from which turbulence is two-dimensional

}  // namespace

double Nuisance::Baseline(int epoch) const {
  return config_.baseline_m * KeyedRandom(StreamKey(config_, Stream::kBaseline, epoch)).Normal();
}

void Nuisance::AddPhase(int epoch, const Window& window, double mean_height_m, const Array2<float>& height_m,
                        const Array2<float>& height_error_m, Array2<float>& phase_rad) const {
  const double rad_per_m_height =
      config_.stratified_rad_per_km / 1000.0 * KeyedRandom(StreamKey(config_, Stream::kStratified, epoch)).Normal();
  const double rad_per_m_error = 4.0 * kPi * Baseline(epoch) /
                                 (config_.wavelength_m * kSlantRange_m * std::sin(config_.incidence_deg * kPi / 180.0));
  const auto a = static_cast<float>(rad_per_m_height), b = static_cast<float>(rad_per_m_error);
  const auto mean = static_cast<float>(mean_height_m);
  for (size_t i = 0; i < phase_rad.size(); ++i) {
    phase_rad.values[i] += a * (height_m.values[i] - mean) + b * height_error_m.values[i];
  }
  AddAtmosphere(epoch, window, phase_rad);
  if (config_.ramp_rad > 0.0) AddRamp(epoch, window, phase_rad);
  if (config_.burst_seam_rad > 0.0) AddSeams(epoch, window, phase_rad);
}

void Nuisance::AddAtmosphere(int epoch, const Window& window, Array2<float>& phase_rad) const {
  if (config_.turbulence_rad > 0.0) {
    const double outer_px = std::max(8.0, 0.5 * std::max(config_.rows, config_.cols));
    const PowerLawField::Knee knee{kTurbulentLayer_m / config_.pixel_m, 5.0 / 6.0};
    PowerLawField(StreamKey(config_, Stream::kTurbulence, epoch), outer_px, 1.0, 1.0 / 3.0, config_.turbulence_rad,
                  knee)
        .AddTo(window, phase_rad);
  }
  if (config_.perlin_rad > 0.0) {
    // The published simulator lays 2 to 7 cells over 256 pixels of 20 m.
    KeyedRandom random(StreamKey(config_, Stream::kPerlin, epoch));
    const double cell_px = 256.0 * 20.0 / (random.Integer(2, 7) * config_.pixel_m);
    const int octaves = random.Integer(1, 5);
    const double persistence = random.Uniform(0.5, 1.0);
    PerlinField(random.Next(), cell_px, octaves, persistence, config_.perlin_rad).AddTo(window, phase_rad);
  }
}

void Nuisance::AddRamp(int epoch, const Window& window, Array2<float>& phase_rad) const {
  KeyedRandom random(StreamKey(config_, Stream::kRamp, epoch));
  const double sigma = config_.ramp_rad / std::sqrt(2.0);
  const double per_row = sigma * random.Normal() / config_.rows, per_col = sigma * random.Normal() / config_.cols;
  for (int r = 0; r < window.rows; ++r) {
    const double left = per_row * (window.row0 + r - 0.5 * config_.rows) + per_col * (window.col0 - 0.5 * config_.cols);
    for (int c = 0; c < window.cols; ++c) phase_rad(r, c) += static_cast<float>(left + per_col * c);
  }
}

void Nuisance::AddSeams(int epoch, const Window& window, Array2<float>& phase_rad) const {
  const uint64_t key = StreamKey(config_, Stream::kSeam, epoch);
  // The step between two bursts, each with its own offset, has the configured standard deviation.
  const double sigma = config_.burst_seam_rad / std::sqrt(2.0), heading = config_.heading_deg * kPi / 180.0;
  const double per_row = -std::cos(heading) * config_.pixel_m / kBurst_m;
  const double per_col = std::sin(heading) * config_.pixel_m / kBurst_m;
  const double shift = KeyedRandom(StreamKey(config_, Stream::kSeam, ~0ULL)).Uniform();  // seams lie still
  for (int r = 0; r < window.rows; ++r) {
    int burst = 0;
    float offset = std::nanf("");
    for (int c = 0; c < window.cols; ++c) {
      const double azimuth = per_row * (window.row0 + r) + per_col * (window.col0 + c) + shift;
      const int here = static_cast<int>(std::floor(azimuth));
      if (here != burst || std::isnan(offset)) {
        burst = here;
        offset = static_cast<float>(sigma * KeyedRandom(HashKeys(key, burst)).Normal());
      }
      phase_rad(r, c) += offset;
    }
  }
}

}  // namespace fringewatch::sim
