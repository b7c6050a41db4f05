/// Random fields that are the same whatever the window: sums of octaves of lattice noise, each lattice point drawn
/// from a hash of its own position.
#pragma once

#include <cstdint>
#include <vector>

#include "common/raster/array.h"

namespace fringewatch::sim {

/// Standard normal value made of the 64 bits of a hash: the sum of its eight bytes (excess kurtosis -0.15).
[[nodiscard]] inline float NormalOfBits(uint64_t bits) {
  constexpr uint64_t kEvenBytes = 0x00ff00ff00ff00ffULL;
  const uint64_t pairs = (bits & kEvenBytes) + ((bits >> 8) & kEvenBytes);
  const auto sum = static_cast<int>((pairs * 0x0001000100010001ULL) >> 48);
  return static_cast<float>(sum - 1020) * (1.0f / 209.0215f);
}

/// One octave: a lattice of independent values with its own spacing and origin.
struct Octave {
  uint64_t key = 0;
  double spacing_px = 1.0;
  double row_shift = 0.0, col_shift = 0.0;  ///< lattice coordinate of pixel (0, 0)
  float amplitude = 0.0f;
};

/// Isotropic Gaussian field of zero mean and a two-dimensional power spectral density ~ k^-(2 + 2 hurst), for
/// wavelengths from the outer scale down to about 12 inner_px; about 0.8 is terrain. Octaves are smoothed by cubic
/// B-splines.
///
/// Tropospheric turbulence has two such laws (Hanssen 2001, section 4.7): beyond some kilometres, wider than the layer
/// is thick, it is two-dimensional: hurst = 1/3, whose spectrum along a line falls as k^-5/3; below, it is
/// three-dimensional: hurst = 5/6, k^-8/3 along a line.
class PowerLawField {
 public:
  /// Octaves of finer lattices than `spacing_px` fall with another exponent.
  struct Knee {
    double spacing_px = 0.0;
    double hurst = 0.0;
  };
  /// `outer_px` >= `inner_px` > 0: spacing of the coarsest and the finest lattice (each half of the one before);
  /// `sigma`: standard deviation of the whole sum.
  PowerLawField(uint64_t key, double outer_px, double inner_px, double hurst, double sigma)
      : PowerLawField(key, outer_px, inner_px, hurst, sigma, Knee()) {}
  PowerLawField(uint64_t key, double outer_px, double inner_px, double hurst, double sigma, const Knee& knee);
  /// Adds the field to `values`, which covers `window` (any window, negative pixels included).
  void AddTo(const Window& window, Array2<float>& values) const;
  [[nodiscard]] Array2<float> Over(const Window& window) const;

 private:
  std::vector<Octave> octaves_;
};

/// Fractal gradient noise (Perlin 1985, 2002) as in the simulator of Wu et al. 2021: fade 6 t^5 - 15 t^4 + 10 t^3,
/// gradient vectors uniform in the unit disc, each octave with half the cell and `persistence` times the amplitude.
class PerlinField {
 public:
  /// `cell_px`: cell of the first octave; octaves with cells under 4 pixels are left out. Values stay within about
  /// +- `amplitude`.
  PerlinField(uint64_t key, double cell_px, int octaves, double persistence, double amplitude);
  void AddTo(const Window& window, Array2<float>& values) const;

 private:
  std::vector<Octave> octaves_;
};

}  // namespace fringewatch::sim
