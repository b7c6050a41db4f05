/// Owning rasters and raster stacks, row-major: (row, col) and (plane, row, col).
#pragma once

#include <span>
#include <vector>

#include "common/raster/window.h"

namespace fringewatch {

/// One raster. An empty one (0 x 0) means "not available".
template <typename T>
struct Array2 {
  int rows = 0;
  int cols = 0;
  std::vector<T> values;

  Array2() = default;
  Array2(int rows_, int cols_, T fill = T{})
      : rows(rows_), cols(cols_), values(static_cast<size_t>(rows_) * cols_, fill) {}

  [[nodiscard]] bool empty() const { return values.empty(); }
  [[nodiscard]] size_t size() const { return values.size(); }
  [[nodiscard]] Window frame() const { return {0, 0, rows, cols}; }
  [[nodiscard]] size_t index(int row, int col) const { return static_cast<size_t>(row) * cols + col; }
  T& operator()(int row, int col) { return values[index(row, col)]; }
  const T& operator()(int row, int col) const { return values[index(row, col)]; }
};

/// A stack of rasters on one grid.
template <typename T>
struct Array3 {
  int planes = 0;
  int rows = 0;
  int cols = 0;
  std::vector<T> values;

  Array3() = default;
  Array3(int planes_, int rows_, int cols_, T fill = T{})
      : planes(planes_), rows(rows_), cols(cols_), values(static_cast<size_t>(planes_) * rows_ * cols_, fill) {}

  [[nodiscard]] bool empty() const { return values.empty(); }
  [[nodiscard]] size_t plane_size() const { return static_cast<size_t>(rows) * cols; }
  [[nodiscard]] std::span<T> plane(int p) { return {values.data() + p * plane_size(), plane_size()}; }
  [[nodiscard]] std::span<const T> plane(int p) const { return {values.data() + p * plane_size(), plane_size()}; }
  T& operator()(int p, int row, int col) { return values[p * plane_size() + static_cast<size_t>(row) * cols + col]; }
  const T& operator()(int p, int row, int col) const {
    return values[p * plane_size() + static_cast<size_t>(row) * cols + col];
  }
};

/// Copy of the part of `source` inside `window` (which must lie inside the raster).
template <typename T>
[[nodiscard]] Array2<T> Crop(const Array2<T>& source, const Window& window) {
  Array2<T> part(window.rows, window.cols);
  for (int r = 0; r < window.rows; ++r) {
    const auto from = source.values.begin() + static_cast<long>(source.index(window.row0 + r, window.col0));
    std::copy(from, from + window.cols, part.values.begin() + static_cast<long>(part.index(r, 0)));
  }
  return part;
}

/// Writes `part` into `whole`, its first pixel at (row0, col0); the opposite of Crop.
template <typename T>
void Paste(const Array2<T>& part, int row0, int col0, Array2<T>& whole) {
  for (int r = 0; r < part.rows; ++r) {
    const auto from = part.values.begin() + static_cast<long>(part.index(r, 0));
    std::copy(from, from + part.cols, whole.values.begin() + static_cast<long>(whole.index(row0 + r, col0)));
  }
}

}  // namespace fringewatch
