#include "services/unwrapper/core/punet.h"

#include "common/base/units.h"

namespace fringewatch::unwrapper {
namespace {

/// Orthonormal cosine transform (DCT-II) as a matrix: row u is cos(pi (x + 1/2) u / size), scaled.
torch::Tensor CosineTransform(long size, const torch::TensorOptions& options) {
  const torch::Tensor index = torch::arange(size, options.dtype(torch::kFloat64));
  torch::Tensor matrix = torch::cos(index.unsqueeze(1) * (index + 0.5) * (kPi / static_cast<double>(size)));
  matrix *= std::sqrt(2.0 / static_cast<double>(size));
  matrix[0] *= std::sqrt(0.5);
  return matrix.to(torch::kFloat32);
}

/// Eigenvalues of the second difference with free ends, in the order of the cosine transform.
torch::Tensor SecondDifference(long size, const torch::TensorOptions& options) {
  return 2.0 * torch::cos(torch::arange(size, options) * (kPi / static_cast<double>(size))) - 2.0;
}

/// (B, H, W) times `matrix` along the columns: out(b, h, v) = sum over w of matrix(v, w) in(b, h, w). As a 1x1
/// convolution, because libtorch may come with a BLAS that is a hundred times slower than its convolutions.
torch::Tensor AlongCols(const torch::Tensor& rasters, const torch::Tensor& matrix) {
  const torch::Tensor as_channels = rasters.transpose(1, 2).unsqueeze(3);
  return torch::conv2d(as_channels, matrix.unsqueeze(2).unsqueeze(3)).squeeze(3).transpose(1, 2);
}

torch::Tensor AlongRows(const torch::Tensor& rasters, const torch::Tensor& matrix) {
  return AlongCols(rasters.transpose(1, 2), matrix).transpose(1, 2);
}

}  // namespace

nn::MultiScaleShape PuNetShape() {
  return {.in_channels = 5,
          .out_channels = 3,
          .widths = {16, 32, 64, 96},
          .stem_stride = 2,
          .dilations = {1, 2, 4},
          .full_resolution = true};
}

PuNetImpl::PuNetImpl() : net_(register_module("net", nn::MultiScaleNet(PuNetShape()))) {}

torch::Tensor PuNetImpl::forward(const torch::Tensor& input) {
  const torch::Tensor answer = net_(WrappedSteps(input));
  const torch::Tensor phase = IntegrateSteps(answer.select(1, 0), answer.select(1, 1));
  return torch::stack({phase, answer.select(1, 2)}, 1);
}

torch::Tensor WrappedSteps(const torch::Tensor& pair) {
  const torch::Tensor cosine = pair.select(1, 0), sine = pair.select(1, 1), coherence = pair.select(1, 2);
  std::vector<torch::Tensor> channels;
  for (const int along : {2, 1}) {  // columns, then rows
    const long last = pair.size(along + 1) - 1;
    const auto from = [&](const torch::Tensor& plane) { return plane.slice(along, 0, last); };
    const auto to = [&](const torch::Tensor& plane) { return plane.slice(along, 1, last + 1); };
    const std::vector<int64_t> padding = along == 2 ? std::vector<int64_t>{0, 1} : std::vector<int64_t>{0, 0, 0, 1};
    channels.push_back(torch::constant_pad_nd(from(cosine) * to(cosine) + from(sine) * to(sine), padding));
    channels.push_back(torch::constant_pad_nd(from(cosine) * to(sine) - from(sine) * to(cosine), padding));
  }
  channels.push_back(coherence);
  return torch::stack(channels, 1);
}

torch::Tensor IntegrateSteps(const torch::Tensor& right, const torch::Tensor& down) {
  const long rows = right.size(1), cols = right.size(2);
  const torch::Tensor to_right = torch::constant_pad_nd(right.slice(2, 0, cols - 1), {1, 1});
  const torch::Tensor to_down = torch::constant_pad_nd(down.slice(1, 0, rows - 1), {0, 0, 1, 1});
  const torch::Tensor divergence = to_right.diff(1, 2) + to_down.diff(1, 1);
  const torch::Tensor row_transform = CosineTransform(rows, right.options()).contiguous();
  const torch::Tensor col_transform = CosineTransform(cols, right.options()).contiguous();
  torch::Tensor scale = SecondDifference(rows, right.options()).unsqueeze(1) + SecondDifference(cols, right.options());
  scale[0][0] = 1.0;
  torch::Tensor inverse = 1.0 / scale;
  inverse[0][0] = 0.0;
  const torch::Tensor spectrum = AlongRows(AlongCols(divergence, col_transform), row_transform);
  return AlongRows(AlongCols(spectrum * inverse, col_transform.t()), row_transform.t());
}

}  // namespace fringewatch::unwrapper
