/// The parts that the networks are made of, and the one shape they all share.
///
/// A convolution computes in the type of its input: weights stay float32 and are cast on the fly, so training in
/// bfloat16 needs no autocast and inference may hold the weights in bfloat16. Tensors inside are channels-last.
#pragma once

#include <torch/torch.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fringewatch::nn {

struct ConvLayer;
class ConvPlans;

/// Convolution, batch norm, optional ReLU. Fold() merges the norm into the convolution (inference only).
class ConvUnitImpl : public torch::nn::Module {
 public:
  ConvUnitImpl(int in_channels, int out_channels, int kernel_px, int stride, int dilation, bool relu);
  torch::Tensor forward(const torch::Tensor& input);
  void Fold();
  [[nodiscard]] bool folded() const { return !norm_; }
  /// After Fold().
  [[nodiscard]] ConvLayer Layer() const;
  [[nodiscard]] bool relu() const { return relu_; }

 private:
  int stride_, dilation_, padding_;
  bool relu_;
  torch::Tensor weight_, bias_;           ///< the bias exists after Fold()
  torch::nn::BatchNorm2d norm_{nullptr};  ///< gone after Fold()
};
TORCH_MODULE(ConvUnit);

/// relu(x + unit(unit(x))), the first unit dilated: He et al. 2016 with the wide context of dilated convolution.
class ResidualBlockImpl : public torch::nn::Module {
 public:
  ResidualBlockImpl(int channels, int dilation);
  torch::Tensor forward(const torch::Tensor& input);
  [[nodiscard]] const ConvUnit& first() const { return first_; }
  [[nodiscard]] const ConvUnit& second() const { return second_; }

 private:
  ConvUnit first_{nullptr}, second_{nullptr};
};
TORCH_MODULE(ResidualBlock);

/// What a MultiScaleNet looks like.
struct MultiScaleShape {
  int in_channels = 3;
  int out_channels = 1;
  std::vector<int> widths = {16, 32, 64, 96};  ///< channels per level, each level half the size of the one before
  int patch_px = 1;     ///< squares of so many pixels become channels before the stem (Shi et al. 2016, turned round)
  int stem_stride = 2;  ///< 2: the first level has half the resolution of its input
  std::vector<int> dilations = {1, 2, 4};  ///< one residual block each, at the deepest level
  bool full_resolution = false;            ///< output at the input's resolution (sub-pixel convolution)

  /// Height and width of an input must be multiples of this.
  [[nodiscard]] int Multiple() const { return Reduction() << (widths.size() - 1); }
  /// Input pixels along one pixel of the first level, and along one of the output.
  [[nodiscard]] int Reduction() const { return patch_px * stem_stride; }
  [[nodiscard]] int OutputStride() const { return full_resolution ? 1 : Reduction(); }
  /// Edge of the patch of output pixels that the last layer makes as planes.
  [[nodiscard]] int OutputPatch() const { return full_resolution ? Reduction() : 1; }
  [[nodiscard]] int OutputPlanes() const { return out_channels * OutputPatch() * OutputPatch(); }
  /// The stem sees 5 pixels, or 3 patches.
  [[nodiscard]] int StemKernel() const { return patch_px > 1 ? 3 : 5; }
  /// Multiplications of one input pixel.
  [[nodiscard]] double MultiplicationsPerPixel() const;
  /// "in 3, out 1, widths 32-32-48-64, ...": written to the model card and compared when a model is loaded.
  [[nodiscard]] std::string ToString() const;
};

/// A U-Net (Ronneberger et al. 2015) with residual blocks: stem, encoder by strided convolution, decoder by
/// nearest-neighbour upsampling with added skips.
class MultiScaleNetImpl : public torch::nn::Module {
 public:
  explicit MultiScaleNetImpl(const MultiScaleShape& shape);
  /// (B, in, H, W) -> (B, out, H / OutputStride(), W / OutputStride()), float32 whatever the input is; the last layer
  /// sums in float32. After FoldNorms() everything before computes in the type of the weights. On a CPU, without
  /// gradients, it is then a ConvPlan (conv_plan.h) where there can be one: the last layer has weights of the type of
  /// the others, and the weights must not change from then on.
  torch::Tensor forward(const torch::Tensor& input);
  /// Gives back the memory that plans keep for their next run.
  void FreeScratch();
  [[nodiscard]] const MultiScaleShape& shape() const { return shape_; }

 private:
  static std::shared_ptr<ConvPlans> NewPlans();
  template <typename Layers>
  auto Compose(Layers& layers, typename Layers::Value x);
  torch::Tensor Eager(const torch::Tensor& input);
  std::optional<torch::Tensor> Planned(const torch::Tensor& input, torch::Dtype precision);

  MultiScaleShape shape_;
  std::shared_ptr<ConvPlans> plans_;
  ConvUnit stem_{nullptr};
  std::vector<ConvUnit> down_, lateral_, merge_;
  std::vector<ResidualBlock> encoder_, bottom_;
  torch::nn::Conv2d head_{nullptr};
};
TORCH_MODULE(MultiScaleNet);

/// What computes the networks on a processor: "plans of oneDNN 2.6.3", or "libtorch" in a build without it. Their
/// answers differ in the last bits.
[[nodiscard]] std::string ProcessorLibrary();

/// Folds every ConvUnit below `module`, which stays in evaluation mode from then on.
void FoldNorms(torch::nn::Module& module);

}  // namespace fringewatch::nn
