#include "services/detector/core/sites.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

namespace fringewatch::detector {
namespace {

/// Basins around peaks, joined as they meet: a union-find forest over basins.
class Basins {
 public:
  Basins(const Array2<float>& evidence, const SiteRule& rule) : rule_(rule), of_(evidence.rows, evidence.cols, -1) {}

  /// Takes the next pixel, none lower before it.
  void Take(int row, int col, float score) {
    int home = -1;
    for (const auto& [r, c] :
         std::array<std::array<int, 2>, 4>{{{row - 1, col}, {row, col - 1}, {row, col + 1}, {row + 1, col}}}) {
      if (!of_.frame().Contains(r, c) || of_(r, c) < 0) continue;
      const int touched = Root(of_(r, c));
      home = home < 0 || home == touched ? touched : Meet(home, touched, score);
    }
    if (home < 0) {
      home = static_cast<int>(parent_.size());
      parent_.push_back(home);
      peak_.push_back(score);
      area_.push_back(0);
    }
    of_(row, col) = home;
    ++area_[home];
  }

  /// Basin of a pixel, -1 where none was taken.
  [[nodiscard]] int At(size_t pixel) { return of_.values[pixel] < 0 ? -1 : Root(of_.values[pixel]); }

 private:
  int Root(int basin) {
    while (parent_[basin] != basin) basin = parent_[basin] = parent_[parent_[basin]];
    return basin;
  }
  /// Two basins touch at a pixel of score `saddle`; returns the one that gets the pixel.
  int Meet(int a, int b, float saddle) {
    const int high = peak_[a] > peak_[b] || (peak_[a] == peak_[b] && a < b) ? a : b, low = high == a ? b : a;
    const bool two_sites = std::min(area_[high], area_[low]) >= rule_.min_area_px && peak_[low] >= rule_.threshold &&
                           saddle < kSaddleDepth * peak_[low];
    if (!two_sites) {
      parent_[low] = high;
      area_[high] += area_[low];
    }
    return high;
  }

  const SiteRule& rule_;
  Array2<int32_t> of_;
  std::vector<int> parent_, area_;
  std::vector<float> peak_;
};

/// Pixels of connected areas >= outline_threshold that hold a peak >= threshold, highest first, ties row-major.
std::vector<int> PixelsOfCandidates(const Array2<float>& evidence, const SiteRule& rule) {
  Array2<uint8_t> mask(evidence.rows, evidence.cols);
  for (size_t i = 0; i < mask.size(); ++i) mask.values[i] = evidence.values[i] >= rule.outline_threshold;
  const Components areas = LabelComponents(mask);
  std::vector<uint8_t> candidate(areas.list.size() + 1, 0);
  for (size_t i = 0; i < mask.size(); ++i) {
    const int label = areas.labels.values[i];
    if (label != 0 && evidence.values[i] >= rule.threshold)
      candidate[label] = areas.list[label - 1].area_px >= rule.min_area_px;
  }
  std::vector<int> pixels;
  for (size_t i = 0; i < mask.size(); ++i) {
    if (candidate[areas.labels.values[i]]) pixels.push_back(static_cast<int>(i));
  }
  std::stable_sort(pixels.begin(), pixels.end(), [&](int a, int b) { return evidence.values[a] > evidence.values[b]; });
  return pixels;
}

/// Score, peak and mean of a site from its pixels.
void Measure(const Array2<float>& evidence, DrawnSite& drawn) {
  FlaggedSite& site = drawn.site;
  float top = 0.0F;
  double sum = 0.0;
  for (const int pixel : drawn.pixels) {
    top = std::max(top, evidence.values[pixel]);
    sum += evidence.values[pixel];
  }
  double row = 0.0, col = 0.0;
  std::vector<int> plateau;
  for (const int pixel : drawn.pixels) {
    if (evidence.values[pixel] < top - kPlateau) continue;
    plateau.push_back(pixel);
    row += pixel / evidence.cols;
    col += pixel % evidence.cols;
  }
  row /= static_cast<double>(plateau.size());
  col /= static_cast<double>(plateau.size());
  const auto distance = [&](int pixel) { return std::hypot(pixel / evidence.cols - row, pixel % evidence.cols - col); };
  const int peak =
      *std::min_element(plateau.begin(), plateau.end(), [&](int a, int b) { return distance(a) < distance(b); });
  site.peak_row = peak / evidence.cols;
  site.peak_col = peak % evidence.cols;
  site.score = top;
  site.area_px = static_cast<int>(drawn.pixels.size());
  site.mean_score = sum / site.area_px;
}

/// Notes at each site which others lie within the length of its box.
void NoteNeighbours(const Window& frame, std::vector<DrawnSite>& sites) {
  for (DrawnSite& drawn : sites) {
    const Window around = Grow(drawn.site.box, std::max(drawn.site.box.rows, drawn.site.box.cols), frame);
    for (const DrawnSite& other : sites) {
      if (&other == &drawn || Intersect(around, other.site.box).empty()) continue;
      drawn.site.neighbours.push_back(other.site.outline);
    }
  }
}

void Shift(PixelRing& ring, int rows, int cols) {
  for (PixelPoint& point : ring) {
    point.row += rows;
    point.col += cols;
  }
}

}  // namespace

std::vector<DrawnSite> DrawSites(const Array2<float>& evidence, const SiteRule& rule) {
  Basins basins(evidence, rule);
  const std::vector<int> candidates = PixelsOfCandidates(evidence, rule);
  for (const int pixel : candidates) basins.Take(pixel / evidence.cols, pixel % evidence.cols, evidence.values[pixel]);

  std::vector<DrawnSite> sites;
  std::vector<int> site_of_basin(candidates.size(), -1);
  Components shapes{Array2<int32_t>(evidence.rows, evidence.cols), {}};
  for (int pixel = 0; pixel < static_cast<int>(evidence.size()); ++pixel) {
    const int basin = basins.At(pixel);
    if (basin < 0) continue;
    const int row = pixel / evidence.cols, col = pixel % evidence.cols;
    if (site_of_basin[basin] < 0) {
      site_of_basin[basin] = static_cast<int>(sites.size());
      sites.emplace_back();
      shapes.list.push_back({0, {row, col, 0, 0}, row, col});
    }
    const int index = site_of_basin[basin];
    sites[index].pixels.push_back(pixel);
    shapes.labels.values[pixel] = index + 1;
    Component& shape = shapes.list[index];
    const int col0 = std::min(shape.box.col0, col), col1 = std::max(shape.box.col1(), col + 1);
    shape.box = {shape.box.row0, col0, row + 1 - shape.box.row0, col1 - col0};
    ++shape.area_px;
  }
  for (size_t i = 0; i < sites.size(); ++i) {
    Measure(evidence, sites[i]);
    sites[i].site.box = shapes.list[i].box;
    sites[i].site.outline = TraceRing(shapes, static_cast<int>(i));
  }
  std::sort(sites.begin(), sites.end(), [](const DrawnSite& a, const DrawnSite& b) {
    return std::tuple(-a.site.score, a.site.peak_row, a.site.peak_col) <
           std::tuple(-b.site.score, b.site.peak_row, b.site.peak_col);
  });
  NoteNeighbours(evidence.frame(), sites);
  return sites;
}

void Shift(FlaggedSite& site, int rows, int cols) {
  Shift(site.outline, rows, cols);
  for (PixelRing& ring : site.neighbours) Shift(ring, rows, cols);
  site.box.row0 += rows;
  site.box.col0 += cols;
  site.peak_row += rows;
  site.peak_col += cols;
}

}  // namespace fringewatch::detector
