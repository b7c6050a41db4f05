#include "common/raster/components.h"

#include <algorithm>

namespace fringewatch {
namespace {

struct Pixel {
  int row;
  int col;
};

/// Gives `label` to the component of `seed`, whose pixels are not labelled yet.
Component Flood(const Array2<uint8_t>& mask, Array2<int32_t>& labels, Pixel seed, int32_t label) {
  Component component{0, {seed.row, seed.col, 1, 1}, seed.row, seed.col};
  int row1 = seed.row, col0 = seed.col, col1 = seed.col;
  std::vector<Pixel> pending{seed};
  labels(seed.row, seed.col) = label;
  const auto visit = [&](int row, int col) {
    if (!labels.frame().Contains(row, col) || !mask(row, col) || labels(row, col)) return;
    labels(row, col) = label;
    pending.push_back({row, col});
  };
  while (!pending.empty()) {
    const auto [row, col] = pending.back();
    pending.pop_back();
    ++component.area_px;
    row1 = std::max(row1, row);
    col0 = std::min(col0, col);
    col1 = std::max(col1, col);
    visit(row - 1, col);
    visit(row + 1, col);
    visit(row, col - 1);
    visit(row, col + 1);
  }
  component.box = {seed.row, col0, row1 - seed.row + 1, col1 - col0 + 1};
  return component;
}

}  // namespace

Components LabelComponents(const Array2<uint8_t>& mask) {
  Components components{Array2<int32_t>(mask.rows, mask.cols), {}};
  for (int row = 0; row < mask.rows; ++row) {
    for (int col = 0; col < mask.cols; ++col) {
      if (!mask(row, col) || components.labels(row, col)) continue;
      const auto label = static_cast<int32_t>(components.list.size()) + 1;
      components.list.push_back(Flood(mask, components.labels, {row, col}, label));
    }
  }
  return components;
}

}  // namespace fringewatch
