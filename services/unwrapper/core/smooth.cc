#include "services/unwrapper/core/smooth.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "common/base/vector_clones.h"
#include "common/raster/tiling.h"
#include "services/unwrapper/core/mcf.h"

namespace fringewatch::unwrapper {
namespace {

constexpr int kScales = 9;
constexpr double kNarrowest_px = 0.71;      ///< sigma of the narrowest window; each is wider by the root of two
constexpr double kReach = 3.0;              ///< windows end here, in sigma
constexpr float kMinPhaseVariance = 1e-3F;  ///< rad^2 of a pixel: even perfect ones do not outweigh all others
constexpr float kRidge = 1e-5F;  ///< on all terms but the constant: keeps fits determined where pixels are few
constexpr float kGamma = 1.0F;   ///< half width of a confidence interval, in standard deviations
/// Curvature that the windows have not noticed comes on top of the noise; fitted to simulated patches.
constexpr float kCurvatureFactor = 2.3F;
constexpr int kTileCore_px = 512;
constexpr int kTileHalo_px = 36;  ///< the widest window and the median of the choice

/// Powers of (row, col) in a moment, and in the terms of the fit. The constant comes last: then its row of the inverse
/// needs a back substitution only.
struct Power {
  int row, col;
};
constexpr std::array<Power, 6> kTerms{{{2, 0}, {1, 1}, {0, 2}, {1, 0}, {0, 1}, {0, 0}}};
constexpr int kTermCount = 6, kHighest = 4;

/// Moment (row power p, col power q) of a weighted raster, p + q <= highest, in units of the window's sigma.
class Moments {
 public:
  Moments(const Array2<float>& raster, double sigma_px, int highest);
  [[nodiscard]] const float* At(int row_power, int col_power) const {
    return planes_[row_power * (kHighest + 1) + col_power].values.data();
  }

 private:
  std::array<Array2<float>, (kHighest + 1) * (kHighest + 1)> planes_;
};

using Kernel = std::vector<float>;

/// Gaussian times a power, from -half to half.
Kernel MakeKernel(double sigma_px, int power) {
  const int half = static_cast<int>(std::ceil(kReach * sigma_px));
  Kernel kernel(2 * half + 1);
  for (int i = -half; i <= half; ++i) {
    const double x = i / sigma_px;
    kernel[i + half] = static_cast<float>(std::exp(-0.5 * x * x) * std::pow(x, power));
  }
  return kernel;
}

FW_VECTOR_CLONES void AlongCols(const Array2<float>& in, const Kernel& kernel, Array2<float>& out) {
  const int half = static_cast<int>(kernel.size() / 2);
  for (int r = 0; r < in.rows; ++r) {
    float* to = &out.values[out.index(r, 0)];
    const float* from = &in.values[in.index(r, 0)];
    for (int k = -half; k <= half; ++k) {
      const float weight = kernel[k + half];
      const int first = std::max(0, -k), last = std::min(in.cols, in.cols - k);
      for (int c = first; c < last; ++c) to[c] += weight * from[c + k];
    }
  }
}

FW_VECTOR_CLONES void AlongRows(const Array2<float>& in, const Kernel& kernel, Array2<float>& out) {
  const int half = static_cast<int>(kernel.size() / 2);
  for (int r = 0; r < in.rows; ++r) {
    float* to = &out.values[out.index(r, 0)];
    for (int k = std::max(-half, -r); k <= std::min(half, in.rows - 1 - r); ++k) {
      const float weight = kernel[k + half];
      const float* from = &in.values[in.index(r + k, 0)];
      for (int c = 0; c < in.cols; ++c) to[c] += weight * from[c];
    }
  }
}

Moments::Moments(const Array2<float>& raster, double sigma_px, int highest) {
  std::array<Kernel, kHighest + 1> kernels;
  for (int power = 0; power <= highest; ++power) kernels[power] = MakeKernel(sigma_px, power);
  for (int col_power = 0; col_power <= highest; ++col_power) {
    Array2<float> along(raster.rows, raster.cols);
    AlongCols(raster, kernels[col_power], along);
    for (int row_power = 0; row_power + col_power <= highest; ++row_power) {
      Array2<float>& plane = planes_[row_power * (kHighest + 1) + col_power];
      plane = Array2<float>(raster.rows, raster.cols);
      AlongRows(along, kernels[row_power], plane);
    }
  }
}

/// One fit at every pixel, with its noise.
using Fit = Smoothed;

/// Pixels that are solved side by side.
constexpr int kLanes = 16;
using Lane = std::array<float, kLanes>;

/// Fits of one row block: A k = e (the last unit vector) by Cholesky without roots, value k r, variance k' B k.
FW_VECTOR_CLONES void SolveLanes(const std::array<std::array<Lane, kTermCount>, kTermCount>& normal,
                                 const std::array<std::array<Lane, kTermCount>, kTermCount>& squared,
                                 const std::array<Lane, kTermCount>& right, Lane& value, Lane& variance) {
  std::array<std::array<Lane, kTermCount>, kTermCount> lower;  // unit lower triangle
  std::array<Lane, kTermCount> pivot, k;
  for (int j = 0; j < kTermCount; ++j) {
    for (int i = j; i < kTermCount; ++i) {
      Lane entry = normal[i][j];
      for (int m = 0; m < j; ++m) {
        for (int x = 0; x < kLanes; ++x) entry[x] -= lower[i][m][x] * lower[j][m][x] * pivot[m][x];
      }
      if (i == j) {
        for (int x = 0; x < kLanes; ++x) pivot[j][x] = std::max(entry[x], 1e-30F);
      } else {
        for (int x = 0; x < kLanes; ++x) lower[i][j][x] = entry[x] / pivot[j][x];
      }
    }
  }
  for (int j = kTermCount - 1; j >= 0; --j) {
    for (int x = 0; x < kLanes; ++x) k[j][x] = j == kTermCount - 1 ? 1.0F / pivot[j][x] : 0.0F;
    for (int i = j + 1; i < kTermCount; ++i) {
      for (int x = 0; x < kLanes; ++x) k[j][x] -= lower[i][j][x] * k[i][x];
    }
  }
  value.fill(0);
  variance.fill(0);
  for (int i = 0; i < kTermCount; ++i) {
    for (int x = 0; x < kLanes; ++x) value[x] += k[i][x] * right[i][x];
    for (int j = 0; j < kTermCount; ++j) {
      for (int x = 0; x < kLanes; ++x) variance[x] += k[i][x] * squared[i][j][x] * k[j][x];
    }
  }
}

/// The fit of one window. `weight` are the moments of the weights under it, `narrower` those under the window narrower
/// by the root of two, which is its square; `data` those of weight times value.
Fit FitWindow(const Moments& weight, const Moments& narrower, const Moments& data, int rows, int cols) {
  Fit fit{Array2<float>(rows, cols), Array2<float>(rows, cols)};
  std::array<std::array<Lane, kTermCount>, kTermCount> normal{}, squared{};
  std::array<Lane, kTermCount> right{};
  Lane value{}, variance{};
  std::array<float, kHighest + 1> unit{};  // of the narrower sigma in ours, to each power
  for (int power = 0; power <= kHighest; ++power) unit[power] = std::pow(0.5F, 0.5F * static_cast<float>(power));
  for (size_t start = 0; start < fit.value.size(); start += kLanes) {
    const size_t count = std::min<size_t>(kLanes, fit.value.size() - start);
    for (int i = 0; i < kTermCount; ++i) {
      std::copy_n(data.At(kTerms[i].row, kTerms[i].col) + start, count, right[i].begin());
      for (int j = 0; j < kTermCount; ++j) {
        const int row = kTerms[i].row + kTerms[j].row, col = kTerms[i].col + kTerms[j].col;
        std::copy_n(weight.At(row, col) + start, count, normal[i][j].begin());
        std::copy_n(narrower.At(row, col) + start, count, squared[i][j].begin());
        for (float& entry : squared[i][j]) entry *= unit[row + col];
      }
    }
    const Lane total = normal[kTermCount - 1][kTermCount - 1];
    for (int i = 0; i + 1 < kTermCount; ++i) {
      for (int x = 0; x < kLanes; ++x) normal[i][i][x] += kRidge * total[x];
    }
    SolveLanes(normal, squared, right, value, variance);
    for (size_t x = 0; x < count; ++x) {
      fit.value.values[start + x] = value[x];
      fit.std.values[start + x] = std::sqrt(std::max(variance[x], 0.0F));
    }
  }
  return fit;
}

/// The widest window whose confidence interval meets those of all narrower ones, for each pixel.
Array2<uint8_t> WidestThatAgrees(const std::vector<Fit>& fits) {
  const Array2<float>& shape = fits.front().value;
  Array2<uint8_t> widest(shape.rows, shape.cols);
  for (size_t i = 0; i < widest.size(); ++i) {
    float low = -std::numeric_limits<float>::infinity(), high = -low;
    for (int scale = 0; scale < kScales; ++scale) {
      const float value = fits[scale].value.values[i], half = kGamma * fits[scale].std.values[i];
      low = std::max(low, value - half);
      high = std::min(high, value + half);
      if (!(low <= high)) break;
      widest.values[i] = static_cast<uint8_t>(scale);
    }
  }
  return widest;
}

/// Median over 3 x 3: a choice that none of the neighbours makes is chance.
Array2<uint8_t> Median(const Array2<uint8_t>& raster) {
  Array2<uint8_t> median = raster;
  std::array<uint8_t, 9> around{};
  for (int r = 0; r < raster.rows; ++r) {
    for (int c = 0; c < raster.cols; ++c) {
      int count = 0;
      for (int dr = -1; dr <= 1; ++dr) {
        for (int dc = -1; dc <= 1; ++dc) {
          if (raster.frame().Contains(r + dr, c + dc)) around[count++] = raster(r + dr, c + dc);
        }
      }
      std::nth_element(around.begin(), around.begin() + count / 2, around.begin() + count);
      median(r, c) = around[count / 2];
    }
  }
  return median;
}

Smoothed SmoothTile(const Array2<float>& values, const Array2<float>& variance) {
  const int rows = values.rows, cols = values.cols;
  Array2<float> weight(rows, cols), weighted(rows, cols);
  for (size_t i = 0; i < weight.size(); ++i) {
    if (std::isnan(values.values[i]) || !(variance.values[i] > 0)) continue;
    weight.values[i] = 1.0F / variance.values[i];
    weighted.values[i] = weight.values[i] * values.values[i];
  }
  std::vector<Fit> fits;
  double sigma_px = kNarrowest_px;
  Moments narrower(weight, sigma_px / std::sqrt(2.0), kHighest);
  for (int scale = 0; scale < kScales; ++scale, sigma_px *= std::sqrt(2.0)) {
    Moments weights(weight, sigma_px, kHighest);
    fits.push_back(FitWindow(weights, narrower, Moments(weighted, sigma_px, 2), rows, cols));
    narrower = std::move(weights);
  }
  const Array2<uint8_t> chosen = Median(WidestThatAgrees(fits));
  Smoothed smooth{Array2<float>(rows, cols, kMissing), Array2<float>(rows, cols, kMissing)};
  for (size_t i = 0; i < chosen.size(); ++i) {
    if (weight.values[i] == 0) continue;
    const Fit& fit = fits[chosen.values[i]];
    smooth.value.values[i] = fit.value.values[i];
    smooth.std.values[i] = kCurvatureFactor * fit.std.values[i];
  }
  return smooth;
}

}  // namespace

Smoothed Smooth(const Array2<float>& values, const Array2<float>& variance) {
  const int rows = values.rows, cols = values.cols;
  Smoothed smooth{Array2<float>(rows, cols), Array2<float>(rows, cols)};
  for (const Tile& tile : PlanTiles(rows, cols, kTileCore_px, kTileHalo_px)) {
    const Smoothed part = SmoothTile(Crop(values, tile.padded), Crop(variance, tile.padded));
    const Window core = Within(tile.core, tile.padded);
    Paste(Crop(part.value, core), tile.core.row0, tile.core.col0, smooth.value);
    Paste(Crop(part.std, core), tile.core.row0, tile.core.col0, smooth.std);
  }
  return smooth;
}

Smoothed SmoothPhase(const Array2<float>& unwrapped_rad, const Array2<float>& coherence) {
  Array2<float> variance = coherence;
  for (float& value : variance.values) value = std::max(kMinPhaseVariance, PhaseVariance(value));
  return Smooth(unwrapped_rad, variance);
}

}  // namespace fringewatch::unwrapper
