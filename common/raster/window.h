/// Rectangles of pixels: rows first, half-open, in the coordinates of some frame.
#pragma once

#include <algorithm>
#include <compare>

namespace fringewatch {

struct Window {
  int row0 = 0;
  int col0 = 0;
  int rows = 0;
  int cols = 0;
  auto operator<=>(const Window&) const = default;

  [[nodiscard]] int row1() const { return row0 + rows; }  ///< one past the last row
  [[nodiscard]] int col1() const { return col0 + cols; }
  [[nodiscard]] bool empty() const { return rows <= 0 || cols <= 0; }
  [[nodiscard]] long pixels() const { return empty() ? 0 : static_cast<long>(rows) * cols; }
  [[nodiscard]] bool Contains(int row, int col) const {
    return row >= row0 && row < row1() && col >= col0 && col < col1();
  }
};

[[nodiscard]] inline Window Intersect(const Window& a, const Window& b) {
  const int row0 = std::max(a.row0, b.row0), col0 = std::max(a.col0, b.col0);
  const int row1 = std::min(a.row1(), b.row1()), col1 = std::min(a.col1(), b.col1());
  return {row0, col0, std::max(0, row1 - row0), std::max(0, col1 - col0)};
}

/// `window` grown by `margin` pixels on every side, cut to `frame`.
[[nodiscard]] inline Window Grow(const Window& window, int margin, const Window& frame) {
  return Intersect({window.row0 - margin, window.col0 - margin, window.rows + 2 * margin, window.cols + 2 * margin},
                   frame);
}

/// `part` in the coordinates of `whole`.
[[nodiscard]] inline Window Within(const Window& part, const Window& whole) {
  return {part.row0 - whole.row0, part.col0 - whole.col0, part.rows, part.cols};
}

}  // namespace fringewatch
