/// The scene simulator: a frame of moving ground seen by a radar, with the truth kept.
///
/// A Scene is a pure function of its SceneConfig: every pixel of every layer is the same whatever window it is
/// asked through. Truth is per epoch (displacement, atmosphere, orbit), so all pairs are consistent; only the
/// speckle of a pair is its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/raster/array.h"
#include "common/stack/site.h"
#include "common/stack/stack_reader.h"

namespace fringewatch::sim {

enum class SourceKind { kBowl, kMiningBasin, kLandslide, kMogi, kOkada, kSinkhole };

/// How many sites, how big, how fast. Ranges are drawn log-uniformly.
struct SiteRecipe {
  int count = 0;
  std::vector<SourceKind> kinds = {SourceKind::kBowl, SourceKind::kMiningBasin};
  double radius_min_m = 150.0, radius_max_m = 800.0;         ///< radius at 5 % of the peak
  double rate_min_m_per_yr = 0.13, rate_max_m_per_yr = 2.5;  ///< peak line-of-sight speed, absolute
};

/// Requires rows, cols, pixel_m, wavelength_m, repeat_days > 0, epochs >= 2, looks > 1 (an equivalent number, not
/// necessarily whole), a first_date that ParseDate reads, and kinds where sites.count > 0.
struct SceneConfig {
  uint64_t seed = 1;
  int rows = 1024, cols = 1024;
  double pixel_m = 30.0;
  double wavelength_m = 0.055465763;
  double incidence_deg = 39.0, heading_deg = -13.0;  ///< right-looking; ascending
  std::string first_date = "20240103";
  int epochs = 12, repeat_days = 12;
  int pairs = 30;  ///< the shortest spans first, up to max_span_days
  int max_span_days = 48;
  double looks = 10.0;
  SiteRecipe sites;
  double coherence_min = 0.35, coherence_max = 0.9;  ///< of the 12-day map, before temporal decay
  double coherence_decay_days = 120.0;
  double water_fraction = 0.05, snow_fraction = 0.0, vegetation_fraction = 0.3;
  double turbulence_rad = 1.5;         ///< standard deviation of the power-law field of one epoch over the frame
  double perlin_rad = 0.5;             ///< amplitude of the fractal Perlin field of one epoch
  double stratified_rad_per_km = 2.0;  ///< one sigma over epochs
  double ramp_rad = 2.0;               ///< one sigma over epochs of the orbital ramp, corner to corner
  double dem_relief_m = 400.0;
  double dem_error_m = 5.0;     ///< one sigma, power-law field
  double baseline_m = 80.0;     ///< one sigma of the perpendicular baseline of an epoch
  double gap_fraction = 0.0;    ///< missing rectangles, per pair
  double burst_seam_rad = 0.0;  ///< one sigma of the phase step at burst seams (every 1500 m of azimuth), per epoch
};

/// One source as drawn, with its truth. (row, col) is where the continuous source moves most, in pixel coordinates
/// from the outer corner of the frame's first pixel: int(row), int(col) is that pixel. The outline encloses the
/// 4-connected pixels around the peak pixel that move by at least 5 % of it over the whole period, cut to the frame.
struct TrueSite {
  int id = 0;
  SourceKind kind = SourceKind::kBowl;
  double row = 0, col = 0;            ///< centre, pixels of the frame
  double radius_m = 0;                ///< of the circle with the area inside 5 % of the peak
  double peak_rate_m_per_yr = 0;      ///< signed line of sight, mean over the observation period, at the peak pixel
  double peak_phase_12_days_rad = 0;  ///< absolute
  PixelRing outline;                  ///< at 5 % of the peak displacement, pixel corners
  Window box;                         ///< everything the source moves by more than 1 % of its peak
};

class Scene {
 public:
  explicit Scene(const SceneConfig& config);
  ~Scene();
  Scene(Scene&&) noexcept;
  [[nodiscard]] const SceneConfig& config() const;
  [[nodiscard]] const Track& track() const;  ///< grid, pairs with baselines, line of sight
  [[nodiscard]] const std::vector<Date>& dates() const;
  [[nodiscard]] const std::vector<TrueSite>& sites() const;
  /// Heights, m. Shape of the window.
  [[nodiscard]] Array2<float> Height(const Window& window) const;
  /// True line-of-sight displacement since the first epoch, m, positive towards the satellite.
  [[nodiscard]] Array2<float> Displacement(int epoch, const Window& window) const;
  /// Mean true velocity over the observation period, m/yr.
  [[nodiscard]] Array2<float> Velocity(const Window& window) const;
  /// True (not estimated) coherence of a pair; 0 on water.
  [[nodiscard]] Array2<float> Coherence(int pair, const Window& window) const;
  /// Noiseless unwrapped phase of a pair, rad: deformation only (`with_nuisance` false) or with atmosphere, DEM
  /// error, orbit and seams (true).
  [[nodiscard]] Array2<float> TruePhase(int pair, const Window& window, bool with_nuisance) const;
  /// The observed pair: wrapped phase with speckle, coherence as a processor would estimate it. NaN in gaps.
  [[nodiscard]] PairRaster Observe(int pair, const Window& window) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A scene behind the same interface as a stack of files.
class SimulatedStack final : public StackReader {
 public:
  explicit SimulatedStack(const SceneConfig& config) : scene_(config) {}
  [[nodiscard]] const Scene& scene() const { return scene_; }
  [[nodiscard]] const Track& track() const override { return scene_.track(); }
  [[nodiscard]] StatusOr<PairRaster> ReadPair(int pair, const Window& window) const override {
    return scene_.Observe(pair, window);
  }
  [[nodiscard]] StatusOr<Array2<float>> ReadHeight(const Window& window) const override {
    return scene_.Height(window);
  }

 private:
  Scene scene_;
};

/// A random scene to train on: one patch of size_px, one pair, with everything (spacing, wavelength, looks, span,
/// coherence, sources from none to several, troposphere, relief, water, seams, gaps) drawn from `seed`.
[[nodiscard]] SceneConfig RandomTrainingScene(uint64_t seed, int size_px);

}  // namespace fringewatch::sim
