#include "services/detector/core/tiled_forward.h"

#include <algorithm>
#include <cmath>

#include "common/nn/packing.h"
#include "common/raster/tiling.h"

namespace fringewatch::detector {
namespace {

torch::Tensor Forward(nn::MultiScaleNet& net, const torch::Tensor& input, const nn::Device& device) {
  return net->forward(input.to(device.device)).select(1, 0).to(torch::kCPU);
}

/// Rows and columns `window` of the last two dimensions.
torch::Tensor Part(const torch::Tensor& tensor, const Window& window) {
  return tensor.slice(-2, window.row0, window.row1()).slice(-1, window.col0, window.col1());
}

Window Divided(const Window& window, int by) {
  return {window.row0 / by, window.col0 / by, window.rows / by, window.cols / by};
}

}  // namespace

int ReceptiveRadius_px(const nn::MultiScaleShape& shape) {
  // Encoder level: residual block (2) and strided convolution (1). Decoder level: merge (1) and the offset of
  // nearest-neighbour upsampling (1). Head 3x3 (1) and, of what becomes one pixel of the first level, the far side.
  // All in pixels of their level.
  const int levels = static_cast<int>(shape.widths.size()) - 1;
  int stride = shape.Reduction(), radius = shape.StemKernel() / 2 * shape.patch_px + stride + shape.patch_px - 1;
  for (int level = 0; level < levels; ++level, stride *= 2) radius += (2 + 1 + 1 + 1) * stride;
  for (const int dilation : shape.dilations) radius += (dilation + 1) * stride;
  return radius;
}

torch::Tensor ForwardTiled(nn::MultiScaleNet& net, const torch::Tensor& input, const nn::Device& device, int call_px) {
  const int stride = net->shape().OutputStride(), multiple = net->shape().Multiple();
  const int rows = nn::RoundUp(static_cast<int>(input.size(-2)), multiple);
  const int cols = nn::RoundUp(static_cast<int>(input.size(-1)), multiple);
  const bool fits = rows == input.size(-2) && cols == input.size(-1);
  const torch::Tensor whole =
      fits ? input : torch::constant_pad_nd(input, {0, cols - input.size(-1), 0, rows - input.size(-2)});
  const long out_rows = (input.size(-2) + stride - 1) / stride, out_cols = (input.size(-1) + stride - 1) / stride;
  const Window answer{0, 0, static_cast<int>(out_rows), static_cast<int>(out_cols)};
  if (static_cast<long>(rows) * cols <= call_px) return Part(Forward(net, whole, device), answer);

  const int halo = nn::RoundUp(ReceptiveRadius_px(net->shape()), multiple);
  const int edge = static_cast<int>(std::sqrt(static_cast<double>(call_px))) / multiple * multiple;
  torch::Tensor logits = torch::empty({input.size(0), rows / stride, cols / stride});
  for (const Tile& tile : PlanTiles(rows, cols, std::max(halo, edge - 2 * halo), halo)) {
    const torch::Tensor part = Forward(net, Part(whole, tile.padded), device);
    const Window inner = Within(tile.core, tile.padded);
    Part(logits, Divided(tile.core, stride)).copy_(Part(part, Divided(inner, stride)));
  }
  return Part(logits, answer);
}

}  // namespace fringewatch::detector
