/// Gaussian filter of a raster.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/raster/array.h"

namespace fringewatch::unwrapper {

/// In place, along rows, then columns; the kernel sums to 1 and ends at 2.5 sigma; outside the raster counts as 0.
/// T: float or std::complex<float>; no NaN.
template <typename T>
void GaussianFilter(Array2<T>& field, double sigma_px) {
  const int half = static_cast<int>(std::ceil(2.5 * sigma_px));
  std::vector<float> kernel(half + 1);
  float sum = 0;
  for (int k = 0; k <= half; ++k) {
    kernel[k] = static_cast<float>(std::exp(-0.5 * k * k / (sigma_px * sigma_px)));
    sum += k > 0 ? 2 * kernel[k] : kernel[k];
  }
  for (float& weight : kernel) weight /= sum;
  Array2<T> along(field.rows, field.cols);
  for (int r = 0; r < field.rows; ++r) {
    for (int k = -half; k <= half; ++k) {
      const float w = kernel[std::abs(k)];
      const int first = std::max(0, -k), last = std::min(field.cols, field.cols - k);
      for (int c = first; c < last; ++c) along(r, c) += w * field(r, c + k);
    }
  }
  std::fill(field.values.begin(), field.values.end(), T());
  for (int r = 0; r < field.rows; ++r) {
    for (int k = -half; k <= half; ++k) {
      if (r + k < 0 || r + k >= field.rows) continue;
      const float w = kernel[std::abs(k)];
      for (int c = 0; c < field.cols; ++c) field(r, c) += w * along(r + k, c);
    }
  }
}

}  // namespace fringewatch::unwrapper
