/// Networks as plans against the same networks by libtorch, in the shapes that are shipped.
#include <gtest/gtest.h>

#include <vector>

#include "common/nn/blocks.h"
#include "common/nn/model_file.h"

namespace fringewatch::nn {
namespace {

/// As DDNet, StackNet and PUNet are, with fewer channels.
const std::vector<MultiScaleShape> kShapes = {
    {.widths = {32, 48, 64}, .patch_px = 4, .stem_stride = 1, .dilations = {1, 2, 4}, .full_resolution = true},
    {.in_channels = 8, .widths = {16, 32, 48}, .stem_stride = 1, .dilations = {1, 2, 4}},
    {.in_channels = 5, .out_channels = 3, .widths = {16, 32, 64, 96}, .dilations = {1, 2}, .full_resolution = true},
};

MultiScaleNet Prepared(const MultiScaleShape& shape, torch::Dtype precision) {
  torch::manual_seed(9);
  MultiScaleNet net(shape);
  net->train();
  for (int i = 0; i < 3; ++i) net(torch::randn({2, shape.in_channels, 64, 64}));
  PrepareForInference(*net, {torch::kCPU, precision});
  return net;
}

/// Gradients are what plans do not have.
torch::Tensor ByLibtorch(MultiScaleNet& net, const torch::Tensor& input) {
  const torch::AutoGradMode with_gradients(true);
  return net(input).detach();
}

TEST(PlannedForward, GivesWhatLibtorchGives) {
  const torch::NoGradGuard no_grad;
  for (const MultiScaleShape& shape : kShapes) {
    MultiScaleNet net = Prepared(shape, torch::kFloat32);
    const torch::Tensor input = torch::randn({2, shape.in_channels, 64, 96});
    const torch::Tensor expected = ByLibtorch(net, input), planned = net(input);
    ASSERT_EQ(planned.sizes(), expected.sizes()) << shape.ToString();
    EXPECT_LT((planned - expected).abs().max().item<float>(), 1e-4F * expected.abs().max().item<float>())
        << shape.ToString();
  }
}

TEST(PlannedForward, IsInBfloat16AsNearToFloat32AsLibtorchIs) {
  const torch::NoGradGuard no_grad;
  for (const MultiScaleShape& shape : kShapes) {
    MultiScaleNet exact = Prepared(shape, torch::kFloat32), rough = Prepared(shape, torch::kBFloat16);
    const torch::Tensor input = torch::randn({1, shape.in_channels, 96, 64}), expected = exact(input);
    const auto error = [&](const torch::Tensor& answer) { return (answer - expected).abs().mean().item<float>(); };
    EXPECT_LT(error(rough(input)), 1.1F * error(ByLibtorch(rough, input))) << shape.ToString();
  }
}

TEST(PlannedForward, GoesOnAfterItsMemoryWasGivenBack) {
  const torch::NoGradGuard no_grad;
  MultiScaleNet net = Prepared(kShapes[0], torch::kFloat32);
  const torch::Tensor input = torch::randn({1, 3, 64, 64}), before = net(input);
  net->FreeScratch();
  EXPECT_TRUE(torch::equal(net(input), before));
}

}  // namespace
}  // namespace fringewatch::nn
