#include "common/raster/outline.h"

#include <algorithm>
#include <cmath>

namespace fringewatch {

PixelRing TraceRing(const Components& components, int index) {
  const Component& component = components.list[index];
  const auto inside = [&](int row, int col) {
    return components.labels.frame().Contains(row, col) && components.labels(row, col) == index + 1;
  };
  // Walks the pixel edges with the component on the right hand, from the top left corner of its first pixel,
  // heading east. The pixels ahead of corner (row, col) to the left and right of heading (dr, dc) are:
  const auto ahead = [&](int row, int col, int dr, int dc, bool left) {
    const int side_row = left ? -dc : dc, side_col = left ? dr : -dr;
    return inside(row + (dr + side_row - 1) / 2, col + (dc + side_col - 1) / 2);
  };
  PixelRing ring{{static_cast<double>(component.first_col), static_cast<double>(component.first_row)}};
  int row = component.first_row, col = component.first_col, dr = 0, dc = 1;
  for (;;) {
    row += dr;
    col += dc;
    if (row == component.first_row && col == component.first_col) return ring;
    const bool turn_left = ahead(row, col, dr, dc, true);
    if (!turn_left && ahead(row, col, dr, dc, false)) continue;
    ring.push_back({static_cast<double>(col), static_cast<double>(row)});
    const int turn = turn_left ? 1 : -1;
    const int old_dr = dr;
    dr = -turn * dc;
    dc = turn * old_dr;
  }
}

std::vector<ComponentOutline> TraceOutline(const Array2<uint8_t>& mask) {
  const Components components = LabelComponents(mask);
  std::vector<ComponentOutline> outlines;
  outlines.reserve(components.list.size());
  for (int i = 0; i < static_cast<int>(components.list.size()); ++i) {
    outlines.push_back({TraceRing(components, i), components.list[i].area_px, components.list[i].box});
  }
  return outlines;
}

double RingArea(const PixelRing& ring) {
  double twice = 0.0;
  for (size_t i = 0; i < ring.size(); ++i) {
    const PixelPoint& a = ring[i];
    const PixelPoint& b = ring[(i + 1) % ring.size()];
    twice += a.col * b.row - b.col * a.row;
  }
  return std::abs(twice) / 2.0;
}

bool RingContains(const PixelRing& ring, double row, double col) {
  bool inside = false;
  for (size_t i = 0; i < ring.size(); ++i) {
    const PixelPoint& a = ring[i];
    const PixelPoint& b = ring[(i + 1) % ring.size()];
    if ((a.row > row) == (b.row > row)) continue;
    if (col < a.col + (row - a.row) / (b.row - a.row) * (b.col - a.col)) inside = !inside;
  }
  return inside;
}

Array2<uint8_t> RasteriseOutline(const PixelRing& ring, const Window& window) {
  Array2<uint8_t> mask(window.rows, window.cols, 0);
  std::vector<double> crossings;  // columns where the ring crosses the line through the centres of a row
  for (int r = 0; r < window.rows; ++r) {
    const double y = window.row0 + r + 0.5;
    crossings.clear();
    for (size_t i = 0; i < ring.size(); ++i) {
      const PixelPoint& a = ring[i];
      const PixelPoint& b = ring[(i + 1) % ring.size()];
      if ((a.row > y) != (b.row > y)) crossings.push_back(a.col + (y - a.row) / (b.row - a.row) * (b.col - a.col));
    }
    std::sort(crossings.begin(), crossings.end());
    for (size_t i = 0; i + 1 < crossings.size(); i += 2) {
      const int first = std::max(0, static_cast<int>(std::ceil(crossings[i] - window.col0 - 0.5)));
      const int end = std::min(window.cols, static_cast<int>(std::ceil(crossings[i + 1] - window.col0 - 0.5)));
      for (int c = first; c < end; ++c) mask(r, c) = 1;
    }
  }
  return mask;
}

}  // namespace fringewatch
