#include "services/results/core/outline_overlap.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace fringewatch::results {
namespace {

/// Columns where the horizontal line through `row` crosses the ring, sorted.
std::vector<double> Crossings(const PixelRing& ring, double row) {
  std::vector<double> cols;
  for (size_t i = 0; i < ring.size(); ++i) {
    const PixelPoint& a = ring[i];
    const PixelPoint& b = ring[(i + 1) % ring.size()];
    if ((a.row > row) == (b.row > row)) continue;
    cols.push_back(a.col + (row - a.row) / (b.row - a.row) * (b.col - a.col));
  }
  std::sort(cols.begin(), cols.end());
  return cols;
}

long Count(const Array2<uint8_t>& mask) { return std::accumulate(mask.values.begin(), mask.values.end(), 0L); }

}  // namespace

Array2<uint8_t> MaskOf(const PixelRing& ring, const Window& window) {
  Array2<uint8_t> mask(window.rows, window.cols);
  for (int r = 0; r < window.rows; ++r) {
    const std::vector<double> cols = Crossings(ring, window.row0 + r + 0.5);
    for (size_t i = 0; i + 1 < cols.size(); i += 2) {
      const int first = std::max(0, static_cast<int>(std::ceil(cols[i] - 0.5)) - window.col0);
      const int last = std::min(window.cols, static_cast<int>(std::ceil(cols[i + 1] - 0.5)) - window.col0);
      for (int c = first; c < last; ++c) mask(r, c) = 1;
    }
  }
  return mask;
}

Window BoxOf(const PixelRing& ring) {
  if (ring.empty()) return {};
  const auto [left, right] =
      std::minmax_element(ring.begin(), ring.end(), [](auto& a, auto& b) { return a.col < b.col; });
  const auto [top, bottom] =
      std::minmax_element(ring.begin(), ring.end(), [](auto& a, auto& b) { return a.row < b.row; });
  const int row0 = static_cast<int>(std::floor(top->row)), col0 = static_cast<int>(std::floor(left->col));
  return {row0, col0, static_cast<int>(std::ceil(bottom->row)) - row0, static_cast<int>(std::ceil(right->col)) - col0};
}

double Overlap::Iou() const {
  const long united = first_px + second_px - shared_px;
  return united > 0 ? static_cast<double>(shared_px) / static_cast<double>(united) : 0.0;
}

double Overlap::OfSmaller() const {
  const long smaller = std::min(first_px, second_px);
  return smaller > 0 ? static_cast<double>(shared_px) / static_cast<double>(smaller) : 0.0;
}

Overlap OverlapOf(const PixelRing& first, const PixelRing& second) {
  const Window first_box = BoxOf(first), second_box = BoxOf(second);
  Overlap overlap{Count(MaskOf(first, first_box)), Count(MaskOf(second, second_box)), 0};
  const Window common = Intersect(first_box, second_box);
  if (common.empty()) return overlap;
  const Array2<uint8_t> a = MaskOf(first, common), b = MaskOf(second, common);
  for (size_t i = 0; i < a.size(); ++i) overlap.shared_px += a.values[i] & b.values[i];
  return overlap;
}

}  // namespace fringewatch::results
