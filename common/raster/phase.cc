#include "common/raster/phase.h"

#include <algorithm>
#include <complex>

namespace fringewatch {
namespace {

using Phasor = std::complex<float>;

/// Sum over boxes of (2 half + 1)^2, cut at the edges, by running sums along rows then columns (in double, so
/// that the running sum does not drift).
Array2<Phasor> BoxSum(const Array2<Phasor>& source, int half) {
  Array2<Phasor> rows_done(source.rows, source.cols), done(source.rows, source.cols);
  for (int r = 0; r < source.rows; ++r) {
    std::complex<double> sum = 0;
    for (int c = -half; c < source.cols; ++c) {
      if (c + half < source.cols) sum += std::complex<double>(source(r, c + half));
      if (c - half - 1 >= 0) sum -= std::complex<double>(source(r, c - half - 1));
      if (c >= 0) rows_done(r, c) = Phasor(sum);
    }
  }
  std::vector<std::complex<double>> sums(source.cols, 0.0);
  for (int r = -half; r < source.rows; ++r) {
    for (int c = 0; c < source.cols; ++c) {
      if (r + half < source.rows) sums[c] += std::complex<double>(rows_done(r + half, c));
      if (r - half - 1 >= 0) sums[c] -= std::complex<double>(rows_done(r - half - 1, c));
      if (r >= 0) done(r, c) = Phasor(sums[c]);
    }
  }
  return done;
}

}  // namespace

Array2<float> PhaseCoherence(const Array2<float>& phase_rad, int half_px) {
  const int rows = phase_rad.rows, cols = phase_rad.cols;
  // The local gradient is the argument of the box-summed conjugate products of neighbours; removing it along
  // each axis separately, to first order, leaves the scatter of the phase about its local plane.
  Array2<Phasor> z(rows, cols), step_col(rows, cols), step_row(rows, cols);
  for (size_t i = 0; i < z.size(); ++i) {
    if (!std::isnan(phase_rad.values[i])) z.values[i] = std::polar(1.0F, phase_rad.values[i]);
  }
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < cols; ++c) {
      if (c + 1 < cols) step_col(r, c) = z(r, c + 1) * std::conj(z(r, c));
      if (r + 1 < rows) step_row(r, c) = z(r + 1, c) * std::conj(z(r, c));
    }
  }
  step_col = BoxSum(step_col, half_px);
  step_row = BoxSum(step_row, half_px);
  Array2<float> coherence(rows, cols, kMissing);
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < cols; ++c) {
      if (std::isnan(phase_rad(r, c))) continue;
      const float slope_col = std::arg(step_col(r, c)), slope_row = std::arg(step_row(r, c));
      Phasor sum = 0;
      int count = 0;
      for (int y = std::max(0, r - half_px); y <= std::min(rows - 1, r + half_px); ++y) {
        for (int x = std::max(0, c - half_px); x <= std::min(cols - 1, c + half_px); ++x) {
          if (std::isnan(phase_rad(y, x))) continue;
          sum += std::polar(1.0F, phase_rad(y, x) - slope_col * (x - c) - slope_row * (y - r));
          ++count;
        }
      }
      coherence(r, c) = std::abs(sum) / static_cast<float>(count);
    }
  }
  return coherence;
}

}  // namespace fringewatch
