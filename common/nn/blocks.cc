#include "common/nn/blocks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "common/nn/compose.h"

namespace fringewatch::nn {
namespace {

/// PatchesToChannels as tensors, with gradients and on any device; channels-last.
torch::Tensor PatchesAsChannels(const torch::Tensor& input, int size) {
  if (size == 1) return input.contiguous(torch::MemoryFormat::ChannelsLast);
  const int64_t batch = input.size(0), channels = input.size(1), rows = input.size(2) / size,
                cols = input.size(3) / size;
  return input.view({batch, channels, rows, size, cols, size})
      .permute({0, 2, 4, 3, 5, 1})
      .reshape({batch, rows, cols, size * size * channels})
      .permute({0, 3, 1, 2});
}

/// The layers of a network one after the other by libtorch: wherever there is no plan.
struct EagerLayers {
  using Value = torch::Tensor;
  Value Conv(ConvUnit& unit, const Value& x) { return unit(x); }
  Value Residual(ResidualBlock& block, const Value& x) { return block(x); }
  Value UpsampleOnto(const Value& x, const Value& skip) {
    return torch::upsample_nearest2d(x, {skip.size(2), skip.size(3)}) + skip;
  }
};

}  // namespace

ConvUnitImpl::ConvUnitImpl(int in_channels, int out_channels, int kernel_px, int stride, int dilation, bool relu)
    : stride_(stride), dilation_(dilation), padding_(dilation * (kernel_px / 2)), relu_(relu) {
  weight_ = register_parameter("weight", torch::empty({out_channels, in_channels, kernel_px, kernel_px}));
  torch::nn::init::kaiming_normal_(weight_, 0.0, torch::kFanIn, torch::kReLU);
  norm_ = register_module("norm", torch::nn::BatchNorm2d(torch::nn::BatchNorm2dOptions(out_channels).momentum(0.05)));
}

torch::Tensor ConvUnitImpl::forward(const torch::Tensor& input) {
  const torch::Tensor weight = weight_.to(input.scalar_type());
  const torch::Tensor bias = bias_.defined() ? bias_.to(input.scalar_type()) : bias_;
  torch::Tensor output = torch::conv2d(input, weight, bias, stride_, padding_, dilation_);
  if (norm_) output = norm_->forward(output);
  return relu_ ? output.relu_() : output;
}

void ConvUnitImpl::Fold() {
  if (!norm_) return;
  const torch::NoGradGuard no_grad;
  const torch::Tensor scale = norm_->weight / (norm_->running_var + norm_->options.eps()).sqrt();
  bias_ = register_parameter("bias", (norm_->bias - norm_->running_mean * scale).detach(), false);
  weight_.mul_(scale.view({-1, 1, 1, 1}));
  unregister_module("norm");
  norm_ = nullptr;
}

ResidualBlockImpl::ResidualBlockImpl(int channels, int dilation)
    : first_(register_module("first", ConvUnit(channels, channels, 3, 1, dilation, true))),
      second_(register_module("second", ConvUnit(channels, channels, 3, 1, 1, false))) {}

torch::Tensor ResidualBlockImpl::forward(const torch::Tensor& input) {
  return second_(first_(input)).add_(input).relu_();
}

std::string MultiScaleShape::ToString() const {
  const std::string patches = patch_px > 1 ? fmt::format(", patches {}x{}", patch_px, patch_px) : "";
  return fmt::format("in {}, out {}, widths {}{}, stem stride {}, dilations {}, {} resolution", in_channels,
                     out_channels, fmt::join(widths, "-"), patches, stem_stride, fmt::join(dilations, "-"),
                     full_resolution ? "full" : "stem");
}

double MultiScaleShape::MultiplicationsPerPixel() const {
  double resolution = 1.0 / (Reduction() * Reduction());
  const double stem = StemKernel() * StemKernel() * in_channels * patch_px * patch_px;
  double count = (stem + 9.0 * OutputPlanes()) * widths[0] * resolution;  // stem and head
  for (size_t level = 0; level + 1 < widths.size(); ++level) {
    const double width = widths[level], deeper = widths[level + 1];
    count += 27.0 * width * width * resolution;         // encoder block and merge
    count += 10.0 * width * deeper * resolution / 4.0;  // down and lateral
    resolution /= 4.0;
  }
  return count + 18.0 * widths.back() * widths.back() * resolution * static_cast<double>(dilations.size());
}

MultiScaleNetImpl::MultiScaleNetImpl(const MultiScaleShape& shape) : shape_(shape), plans_(NewPlans()) {
  const std::vector<int>& widths = shape_.widths;
  stem_ = register_module("stem", ConvUnit(shape_.in_channels * shape_.patch_px * shape_.patch_px, widths[0],
                                           shape_.StemKernel(), shape_.stem_stride, 1, true));
  for (size_t level = 0; level + 1 < widths.size(); ++level) {
    const int width = widths[level], deeper = widths[level + 1];
    const auto name = [&](const char* part) { return fmt::format("{}{}", part, level); };
    encoder_.push_back(register_module(name("encoder"), ResidualBlock(width, 1)));
    down_.push_back(register_module(name("down"), ConvUnit(width, deeper, 3, 2, 1, true)));
    lateral_.push_back(register_module(name("lateral"), ConvUnit(deeper, width, 1, 1, 1, false)));
    merge_.push_back(register_module(name("merge"), ConvUnit(width, width, 3, 1, 1, true)));
  }
  for (size_t i = 0; i < shape_.dilations.size(); ++i) {
    bottom_.push_back(register_module(fmt::format("bottom{}", i), ResidualBlock(widths.back(), shape_.dilations[i])));
  }
  head_ = register_module("head",
                          torch::nn::Conv2d(torch::nn::Conv2dOptions(widths[0], shape_.OutputPlanes(), 3).padding(1)));
}

torch::Tensor MultiScaleNetImpl::forward(const torch::Tensor& input) {
  if (!stem_->folded()) return Eager(input);
  const torch::Dtype precision = head_->weight.scalar_type();
  if (input.is_cpu() && !torch::GradMode::is_enabled()) {
    if (const auto planned = Planned(input, precision)) return *planned;
  }
  return Eager(input.to(precision));
}

torch::Tensor MultiScaleNetImpl::Eager(const torch::Tensor& input) {
  EagerLayers layers;
  torch::Tensor x = Compose(layers, PatchesAsChannels(input, shape_.patch_px));
  x = torch::conv2d(x.to(torch::kFloat32), head_->weight.to(torch::kFloat32), head_->bias.to(torch::kFloat32), 1, 1);
  return torch::pixel_shuffle(x, shape_.OutputPatch());
}

void FoldNorms(torch::nn::Module& module) {
  module.eval();
  for (const auto& part : module.modules()) {
    if (auto* unit = part->as<ConvUnit>()) unit->Fold();
  }
}

}  // namespace fringewatch::nn
