#include "common/sim/noise_field.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "common/base/random.h"

namespace fringewatch::sim {
namespace {

/// Pixels of one axis of a window in the coordinates of a lattice: runs of pixels that share a cell.
struct LatticeAxis {
  struct Run {
    int cell;  ///< lattice index minus first_cell
    int begin, end;
  };
  int first_cell = 0;
  int cells = 0;
  std::vector<Run> runs;
  std::vector<float> t;  ///< position inside the cell, [0, 1)

  LatticeAxis(int first_pixel, int pixels, double spacing_px, double shift) : t(pixels) {
    for (int i = 0; i < pixels; ++i) {
      const double at = (first_pixel + i) / spacing_px + shift;
      const double cell = std::floor(at);
      t[i] = static_cast<float>(at - cell);
      if (i == 0) first_cell = static_cast<int>(cell);
      const int relative = static_cast<int>(cell) - first_cell;
      if (runs.empty() || runs.back().cell != relative) runs.push_back({relative, i, i});
      runs.back().end = i + 1;
    }
    cells = runs.empty() ? 0 : runs.back().cell + 1;
  }
};

std::vector<Octave> MakeOctaves(uint64_t key, double outer_px, double inner_px, int at_most, double ratio) {
  std::vector<Octave> octaves;
  double amplitude = 1.0;
  for (double spacing = outer_px; octaves.empty() || spacing >= inner_px; spacing /= 2.0) {
    const uint64_t own = HashKeys(key, octaves.size());
    KeyedRandom random(own);
    const double row_shift = random.Uniform(), col_shift = random.Uniform();
    octaves.push_back({own, spacing, row_shift, col_shift, static_cast<float>(amplitude)});
    amplitude *= ratio;
    if (static_cast<int>(octaves.size()) >= at_most) break;
  }
  return octaves;
}

/// Polynomial coefficients (power of t) of the uniform cubic B-spline through four control values.
std::array<float, 4> SplineCoefficients(float a, float b, float c, float d) {
  return {(a + 4.0f * b + c) / 6.0f, (c - a) / 2.0f, (a - 2.0f * b + c) / 2.0f, (d - a + 3.0f * (b - c)) / 6.0f};
}

/// Smoothed lattice noise of one octave, added to `values`.
void AddSplineOctave(const Octave& octave, const Window& window, Array2<float>& values) {
  const LatticeAxis rows(window.row0, window.rows, octave.spacing_px, octave.row_shift);
  const LatticeAxis cols(window.col0, window.cols, octave.spacing_px, octave.col_shift);
  const int width = cols.cells + 3;
  std::array<std::vector<float>, 4> lattice;
  std::vector<float> blended(width);
  int filled = 0;  // lattice rows up to first_cell - 1 + filled are in the ring buffer
  for (const auto& row_run : rows.runs) {
    for (filled = std::max(filled, row_run.cell); filled < row_run.cell + 4; ++filled) {
      const uint64_t row_key = HashKeys(octave.key, rows.first_cell - 1 + filled);
      std::vector<float>& line = lattice[filled % 4];
      line.resize(width);
      for (int i = 0; i < width; ++i) {
        line[i] = NormalOfBits(Mix64(row_key ^ static_cast<uint64_t>(cols.first_cell - 1 + i)));
      }
    }
    for (int r = row_run.begin; r < row_run.end; ++r) {
      const float t = rows.t[r], s = 1.0f - t;
      const float w0 = octave.amplitude * s * s * s / 6.0f, w3 = octave.amplitude * t * t * t / 6.0f;
      const float w1 = octave.amplitude * (3.0f * t * t * t - 6.0f * t * t + 4.0f) / 6.0f;
      const float w2 = octave.amplitude * (3.0f * s * s * s - 6.0f * s * s + 4.0f) / 6.0f;
      const float* l0 = lattice[row_run.cell % 4].data();
      const float* l1 = lattice[(row_run.cell + 1) % 4].data();
      const float* l2 = lattice[(row_run.cell + 2) % 4].data();
      const float* l3 = lattice[(row_run.cell + 3) % 4].data();
      for (int i = 0; i < width; ++i) blended[i] = w0 * l0[i] + w1 * l1[i] + w2 * l2[i] + w3 * l3[i];
      float* out = &values(r, 0);
      for (const auto& run : cols.runs) {
        const float* b = &blended[run.cell];
        const auto [k0, k1, k2, k3] = SplineCoefficients(b[0], b[1], b[2], b[3]);
        for (int c = run.begin; c < run.end; ++c) {
          const float u = cols.t[c];
          out[c] += k0 + u * (k1 + u * (k2 + u * k3));
        }
      }
    }
  }
}

struct Gradient {
  float row = 0.0f, col = 0.0f;
};

Gradient GradientAt(uint64_t key, int row, int col) {
  KeyedRandom random(HashKeys(key, row, col));
  const double radius = std::sqrt(random.Uniform()), angle = kTwoPi * random.Uniform();
  return {static_cast<float>(radius * std::sin(angle)), static_cast<float>(radius * std::cos(angle))};
}

float Fade(float t) { return t * t * t * (t * (t * 6.0f - 15.0f) + 10.0f); }

/// Gradient noise of one octave, added to `values`. Along a row inside a cell, the noise blended between the two
/// lattice rows is left0 + left1 u on the left side and right0 + right1 (u - 1) on the right one.
void AddPerlinOctave(const Octave& octave, const Window& window, Array2<float>& values) {
  const LatticeAxis rows(window.row0, window.rows, octave.spacing_px, octave.row_shift);
  const LatticeAxis cols(window.col0, window.cols, octave.spacing_px, octave.col_shift);
  std::vector<float> fade(cols.t.size());
  std::transform(cols.t.begin(), cols.t.end(), fade.begin(), Fade);
  std::vector<Gradient> top(cols.cells + 1), bottom(cols.cells + 1);
  std::vector<float> level(cols.cells + 1), slope(cols.cells + 1);
  for (const auto& row_run : rows.runs) {
    for (int i = 0; i <= cols.cells; ++i) {
      top[i] = GradientAt(octave.key, rows.first_cell + row_run.cell, cols.first_cell + i);
      bottom[i] = GradientAt(octave.key, rows.first_cell + row_run.cell + 1, cols.first_cell + i);
    }
    for (int r = row_run.begin; r < row_run.end; ++r) {
      const float t = rows.t[r], low = Fade(t), high = 1.0f - low;
      for (int i = 0; i <= cols.cells; ++i) {
        level[i] = octave.amplitude * (high * top[i].row * t + low * bottom[i].row * (t - 1.0f));
        slope[i] = octave.amplitude * (high * top[i].col + low * bottom[i].col);
      }
      float* out = &values(r, 0);
      for (const auto& run : cols.runs) {
        const float left0 = level[run.cell], left1 = slope[run.cell];
        const float right0 = level[run.cell + 1], right1 = slope[run.cell + 1];
        for (int c = run.begin; c < run.end; ++c) {
          const float u = cols.t[c], left = left0 + left1 * u;
          out[c] += left + fade[c] * (right0 + right1 * (u - 1.0f) - left);
        }
      }
    }
  }
}

}  // namespace

PowerLawField::PowerLawField(uint64_t key, double outer_px, double inner_px, double hurst, double sigma,
                             const Knee& knee)
    : octaves_(MakeOctaves(key, outer_px, inner_px, 64, std::pow(0.5, hurst))) {
  for (Octave& octave : octaves_) {
    if (octave.spacing_px >= knee.spacing_px) continue;
    octave.amplitude *= static_cast<float>(std::pow(octave.spacing_px / knee.spacing_px, knee.hurst - hurst));
  }
  // A cubic B-spline through unit white noise has variance 151/315 per axis, averaged over positions.
  double variance = 0.0;
  for (const Octave& octave : octaves_) variance += octave.amplitude * octave.amplitude;
  const double scale = sigma / (std::sqrt(variance) * 151.0 / 315.0);
  for (Octave& octave : octaves_) octave.amplitude *= static_cast<float>(scale);
}

void PowerLawField::AddTo(const Window& window, Array2<float>& values) const {
  for (const Octave& octave : octaves_) AddSplineOctave(octave, window, values);
}

Array2<float> PowerLawField::Over(const Window& window) const {
  Array2<float> values(window.rows, window.cols);
  AddTo(window, values);
  return values;
}

PerlinField::PerlinField(uint64_t key, double cell_px, int octaves, double persistence, double amplitude)
    : octaves_(MakeOctaves(key, cell_px, 4.0, octaves, persistence)) {
  // Gradient noise with vectors in the unit disc rarely leaves +- 0.6.
  double sum = 0.0;
  for (const Octave& octave : octaves_) sum += octave.amplitude;
  for (Octave& octave : octaves_) octave.amplitude *= static_cast<float>(amplitude / (0.6 * sum));
}

void PerlinField::AddTo(const Window& window, Array2<float>& values) const {
  for (const Octave& octave : octaves_) AddPerlinOctave(octave, window, values);
}

}  // namespace fringewatch::sim
