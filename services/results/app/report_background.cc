#include "services/results/app/report_background.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "common/base/units.h"

namespace fringewatch::results {
namespace {

constexpr int kSide_px = 900;
constexpr int kPairsShown = 3;

/// Mean over blocks of pixels, fed strip by strip.
class BlockMean {
 public:
  BlockMean(const Grid& grid, int block) : block_(block), sum_(Blocks(grid.rows), Blocks(grid.cols)), count_(sum_) {}
  [[nodiscard]] int Blocks(int pixels) const { return (pixels + block_ - 1) / block_; }
  void Add(const Window& window, const Array2<float>& values) {
    for (int r = 0; r < window.rows; ++r) {
      for (int c = 0; c < window.cols; ++c) {
        const float value = values(r, c);
        if (std::isnan(value)) continue;
        sum_((window.row0 + r) / block_, (window.col0 + c) / block_) += value;
        count_((window.row0 + r) / block_, (window.col0 + c) / block_) += 1;
      }
    }
  }
  [[nodiscard]] Array2<float> Mean() const {
    Array2<float> mean = sum_;
    for (size_t i = 0; i < mean.size(); ++i) {
      mean.values[i] = count_.values[i] > 0 ? sum_.values[i] / count_.values[i] : kMissing;
    }
    return mean;
  }

 private:
  int block_;
  Array2<float> sum_, count_;
};

using ReadStrip = std::function<StatusOr<Array2<float>>(const Window&)>;

Status AddStrips(const Grid& grid, int block, const ReadStrip& read, BlockMean& mean) {
  const int strip_rows = std::max(block, 512 / block * block);
  for (int row = 0; row < grid.rows; row += strip_rows) {
    const Window strip = Intersect({row, 0, strip_rows, grid.cols}, grid.frame());
    FW_ASSIGN_OR_RETURN(const Array2<float> values, read(strip));
    if (!values.empty()) mean.Add(strip, values);
  }
  return {};
}

/// Relief lit from the north-west; slopes in heights per pixel, scaled to the frame's own roughness.
Array2<float> Shade(const Array2<float>& height) {
  Array2<float> slope(height.rows, height.cols, kMissing);
  double squares = 0;
  long count = 0;
  for (int r = 1; r < height.rows; ++r) {
    for (int c = 1; c < height.cols; ++c) {
      const float rise = height(r, c) - height(r - 1, c - 1);
      slope(r, c) = rise;
      if (!std::isnan(rise)) squares += static_cast<double>(rise) * rise, ++count;
    }
  }
  const double typical = count > 0 ? std::sqrt(squares / static_cast<double>(count)) : 0.0;
  for (float& value : slope.values) {
    if (!std::isnan(value))
      value = typical > 0 ? static_cast<float>(0.5 - 0.5 * std::tanh(0.6 * value / typical)) : 0.5F;
  }
  return slope;
}

StatusOr<Array2<float>> MeanCoherence(const StackReader& stack, int block) {
  const Track& track = stack.track();
  const int last = static_cast<int>(track.pairs.size()) - 1;
  std::set<int> pairs;
  for (int i = 0; i < kPairsShown; ++i) pairs.insert(i * last / (kPairsShown - 1));
  BlockMean mean(track.grid, block);
  for (const int pair : pairs) {
    const ReadStrip read = [&](const Window& window) -> StatusOr<Array2<float>> {
      FW_ASSIGN_OR_RETURN(PairRaster raster, stack.ReadPair(pair, window));
      return std::move(raster.coherence);
    };
    FW_RETURN_IF_ERROR(AddStrips(track.grid, block, read, mean));
  }
  return mean.Mean();
}

}  // namespace

Background ReadBackground(const StackReader& stack) {
  const Track& track = stack.track();
  if (track.pairs.empty() || (!track.has_coherence && !track.has_height)) {
    return {{}, 1, "no background: the track has neither coherence nor heights"};
  }
  const int block = std::max(1, (std::max(track.grid.rows, track.grid.cols) + kSide_px - 1) / kSide_px);
  if (track.has_coherence) {
    StatusOr<Array2<float>> coherence = MeanCoherence(stack, block);
    if (!coherence.ok()) return {{}, block, "no background: " + MessageOf(coherence.status())};
    return {*std::move(coherence), block, "coherence (bright = high), mean of three pairs"};
  }
  BlockMean height(track.grid, block);
  const Status read = AddStrips(
      track.grid, block, [&](const Window& window) { return stack.ReadHeight(window); }, height);
  if (!read.ok()) return {{}, block, "no background: " + MessageOf(read)};
  return {Shade(height.Mean()), block, "shaded relief"};
}

}  // namespace fringewatch::results
