#include "services/unwrapper/core/turbulence.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/base/units.h"
#include "services/unwrapper/core/kriging.h"
#include "services/unwrapper/core/median.h"

namespace fringewatch::unwrapper {
namespace {

constexpr size_t kFewestDates = 5;
constexpr int kBlocksAcross = 8;      ///< the patch is cut into at most that many blocks each way; each is one sample
constexpr size_t kFewestBlocks = 16;  ///< fewer say too little of what the air is like
constexpr double kThreeSigma = 3.0 * 1.4826;  ///< of a normal distribution, in median absolute values

/// Reference pixels that are averaged into one sample.
struct Block {
  std::vector<size_t> pixels;
  double row = 0, col = 0;  ///< mean place
};

/// The dates on which at least half of `pixels` have data.
std::vector<int> KnownDates(const std::vector<size_t>& pixels, const Array3<float>& displacement_m) {
  std::vector<int> dates;
  for (int k = 0; k < displacement_m.planes; ++k) {
    const std::span<const float> epoch = displacement_m.plane(k);
    const auto known = std::count_if(pixels.begin(), pixels.end(), [&](size_t i) { return !std::isnan(epoch[i]); });
    if (2 * known >= static_cast<long>(pixels.size())) dates.push_back(k);
  }
  return dates;
}

/// The blocks of the patch with enough of `pixels` that have data on all of `dates`.
std::vector<Block> CutBlocks(const std::vector<size_t>& pixels, const Array3<float>& displacement_m,
                             const std::vector<int>& dates, int edge_px) {
  const int across = (displacement_m.cols + edge_px - 1) / edge_px,
            down = (displacement_m.rows + edge_px - 1) / edge_px;
  std::vector<Block> blocks(static_cast<size_t>(across) * down);
  for (const size_t pixel : pixels) {
    const auto known = [&](int k) { return !std::isnan(displacement_m.plane(k)[pixel]); };
    if (!std::all_of(dates.begin(), dates.end(), known)) continue;
    const int row = static_cast<int>(pixel) / displacement_m.cols, col = static_cast<int>(pixel) % displacement_m.cols;
    Block& block = blocks[static_cast<size_t>(row / edge_px) * across + col / edge_px];
    block.pixels.push_back(pixel);
    block.row += row;
    block.col += col;
  }
  std::erase_if(blocks,
                [&](const Block& block) { return 4 * static_cast<int>(block.pixels.size()) < edge_px * edge_px; });
  for (Block& block : blocks) {
    block.row /= static_cast<double>(block.pixels.size());
    block.col /= static_cast<double>(block.pixels.size());
  }
  return blocks;
}

/// Means of the blocks on each date: (block, date).
Eigen::MatrixXd Means(const std::vector<Block>& blocks, const Array3<float>& displacement_m,
                      const std::vector<int>& dates) {
  Eigen::MatrixXd means(blocks.size(), dates.size());
  for (Eigen::Index d = 0; d < means.cols(); ++d) {
    const std::span<const float> epoch = displacement_m.plane(dates[d]);
    std::vector<double> sizes;
    for (const Block& block : blocks) {
      for (const size_t pixel : block.pixels) sizes.push_back(std::abs(epoch[pixel]));
    }
    const double most = kThreeSigma * MedianOf(sizes);
    for (Eigen::Index b = 0; b < means.rows(); ++b) {
      double sum = 0;
      for (const size_t pixel : blocks[b].pixels) sum += std::clamp<double>(epoch[pixel], -most, most);
      means(b, d) = sum / static_cast<double>(blocks[b].pixels.size());
    }
  }
  return means;
}

/// What departs from steady motion: each row without its straight line over time.
Eigen::MatrixXd WithoutMotion(std::span<const double> days, const std::vector<int>& dates,
                              const Eigen::MatrixXd& means) {
  Eigen::MatrixXd line(means.cols(), 2);
  line.col(0).setOnes();
  for (Eigen::Index d = 0; d < means.cols(); ++d) line(d, 1) = days[dates[d]] / kDaysPerYear;
  const Eigen::MatrixXd fitted = line * line.colPivHouseholderQr().solve(means.transpose());
  return means - fitted.transpose();
}

/// A raster of nodes over the patch, `step_px` apart, between which values are blended.
struct Nodes {
  int step_px, down, across;

  Nodes(const Array2<uint8_t>& patch, int spacing_px)
      : step_px(spacing_px), down((patch.rows - 1) / spacing_px + 2), across((patch.cols - 1) / spacing_px + 2) {}
  [[nodiscard]] Eigen::MatrixX2d Places() const {
    Eigen::MatrixX2d places(down * across, 2);
    for (int i = 0; i < down * across; ++i) places.row(i) << i / across * step_px, i % across * step_px;
    return places;
  }
  /// Calls `use(pixel, value)` for every pixel of the patch, with the blend of the four nodes around it.
  template <typename Use>
  void Blend(const Eigen::VectorXd& values, const Array2<uint8_t>& patch, Use&& use) const {
    for (int r = 0; r < patch.rows; ++r) {
      const double t = static_cast<double>(r % step_px) / step_px;
      for (int c = 0; c < patch.cols; ++c) {
        const double u = static_cast<double>(c % step_px) / step_px;
        const double* node = &values[static_cast<Eigen::Index>(r / step_px) * across + c / step_px];
        const double above = node[0] + u * (node[1] - node[0]);
        const double below = node[across] + u * (node[across + 1] - node[across]);
        use(patch.index(r, c), static_cast<float>(above + t * (below - above)));
      }
    }
  }
};

}  // namespace

TurbulenceReport RemoveTurbulence(std::span<const double> days, const ReferenceArea& reference,
                                  Array3<float>& displacement_m) {
  const auto nothing = [](const char* why) {
    return TurbulenceReport{{}, {fmt::format("Turbulence was not removed: {}.", why)}};
  };
  if (reference.from_border) return nothing("the reference is the border of the patch");
  const Array2<uint8_t>& mask = reference.mask;
  const std::vector<size_t> pixels = KnownPixels(mask, displacement_m);
  const std::vector<int> dates = KnownDates(pixels, displacement_m);
  if (dates.size() < kFewestDates) return nothing("there are fewer than 5 dates");
  const int edge_px = std::max(2, (std::max(mask.rows, mask.cols) + kBlocksAcross - 1) / kBlocksAcross);
  const std::vector<Block> blocks = CutBlocks(pixels, displacement_m, dates, edge_px);
  if (blocks.size() < kFewestBlocks) return nothing("too little of the reference has data on all dates");
  std::vector<KrigingSample> samples;
  for (const Block& block : blocks) {
    samples.push_back({block.row, block.col, static_cast<double>(block.pixels.size())});
  }
  const Eigen::MatrixXd means = Means(blocks, displacement_m, dates);
  const double independent = static_cast<double>(dates.size()) - 2;  // of each block two numbers went into its line
  const Kriging kriging(std::move(samples), WithoutMotion(days, dates, means), independent);
  const Nodes nodes(mask, std::max(1, edge_px / 2));
  const Kriging::Surface surface = kriging.At(nodes.Places());
  for (size_t d = 0; d < dates.size(); ++d) {
    const std::span<float> epoch = displacement_m.plane(dates[d]);
    const Eigen::VectorXd air_m = surface.weights * means.col(static_cast<Eigen::Index>(d));
    nodes.Blend(air_m, mask, [&](size_t pixel, float here_m) { epoch[pixel] -= here_m; });
  }
  TurbulenceReport report{Array2<float>(mask.rows, mask.cols), {}};
  nodes.Blend(surface.variance, mask, [&](size_t pixel, float left_m2) { report.left_m2.values[pixel] = left_m2; });
  return report;
}

}  // namespace fringewatch::unwrapper
