#include "common/nn/blocks.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/nn/model_file.h"

namespace fringewatch::nn {
namespace {

/// A net whose norms have seen data, so that folding them changes the weights.
MultiScaleNet TrainedALittle(const MultiScaleShape& shape) {
  torch::manual_seed(4);
  MultiScaleNet net(shape);
  net->train();
  for (int i = 0; i < 5; ++i) net(torch::randn({4, shape.in_channels, 32, 32}) * 2.0 + 0.5);
  net->eval();
  return net;
}

TEST(MultiScaleNet, OutputsHalfOrFullResolution) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor input = torch::randn({2, 3, 32, 48});
  MultiScaleShape shape{.widths = {8, 12, 16}, .dilations = {1, 2}};
  EXPECT_EQ(shape.Multiple(), 8);
  EXPECT_EQ(MultiScaleNet(shape)(input).sizes(), (std::vector<int64_t>{2, 1, 16, 24}));
  shape.full_resolution = true;
  shape.out_channels = 2;
  EXPECT_EQ(MultiScaleNet(shape)(input).sizes(), (std::vector<int64_t>{2, 2, 32, 48}));
  shape.stem_stride = 1;
  EXPECT_EQ(MultiScaleNet(shape)(input).sizes(), (std::vector<int64_t>{2, 2, 32, 48}));
  shape.patch_px = 4;
  EXPECT_EQ(shape.Multiple(), 16);
  EXPECT_EQ(MultiScaleNet(shape)(input).sizes(), (std::vector<int64_t>{2, 2, 32, 48}));
}

TEST(MultiScaleNet, PatchesAnswerWhereTheyAreAskedInAnyLayout) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(6);
  const MultiScaleShape shape{
      .widths = {16, 16}, .patch_px = 4, .stem_stride = 1, .dilations = {1}, .full_resolution = true};
  MultiScaleNet net(shape);
  net->eval();
  const torch::Tensor input = torch::randn({1, 3, 32, 192});
  const torch::Tensor whole = net(input);
  EXPECT_TRUE(torch::allclose(whole, net(input.contiguous(torch::MemoryFormat::ChannelsLast)), 1e-4, 1e-5));
  torch::Tensor changed = input.clone();
  changed[0][1][9][30] += 1.0;
  const torch::Tensor difference = (net(changed) - whole).abs()[0][0];
  EXPECT_GT(difference.slice(0, 8, 12).slice(1, 28, 32).max().item<float>(), 0.0F) << "its own patch";
  // A whole cell further gives the same answer, a cell further.
  const torch::Tensor moved = net(input.roll({8}, {3}));
  EXPECT_TRUE(torch::allclose(moved.slice(3, 96, 104), whole.slice(3, 88, 96), 1e-4, 1e-5)) << "far from the edges";
}

TEST(MultiScaleNet, CountsItsMultiplications) {
  // 48 channels of patches to 16 by 3 x 3, three more of 3 x 3 at 16, two at a quarter of the places, and the way there
  // and back; the head makes 16 planes. All at a sixteenth of the pixels.
  const MultiScaleShape shape{
      .widths = {16, 16}, .patch_px = 4, .stem_stride = 1, .dilations = {1}, .full_resolution = true};
  const double per_place = 9 * 48 * 16 + 3 * 9 * 16 * 16 + (2 * 9 + 9 + 1) * 16 * 16 / 4.0 + 9 * 16 * 16;
  EXPECT_DOUBLE_EQ(shape.MultiplicationsPerPixel(), per_place / 16);
}

TEST(MultiScaleNet, FoldedNormsGiveTheSameAnswer) {
  const torch::NoGradGuard no_grad;
  MultiScaleNet net = TrainedALittle({.widths = {8, 12, 16}, .dilations = {1, 2}});
  const torch::Tensor input = torch::randn({2, 3, 32, 32});
  const torch::Tensor before = net(input);
  const size_t buffers = net->buffers().size();
  FoldNorms(*net);
  EXPECT_LT((net(input) - before).abs().max().item<float>(), 1e-4f * before.abs().max().item<float>());
  EXPECT_GT(buffers, 0u);
  EXPECT_EQ(net->buffers().size(), 0u);
}

TEST(MultiScaleNet, Bfloat16IsCloseToFloat32) {
  const torch::NoGradGuard no_grad;
  MultiScaleNet net = TrainedALittle({.widths = {8, 12, 16}, .dilations = {1, 2}});
  const torch::Tensor input = torch::randn({2, 3, 32, 32});
  const torch::Tensor exact = net(input);
  PrepareForInference(*net, {torch::kCPU, torch::kBFloat16});
  const torch::Tensor rough = net(input.to(torch::kBFloat16).contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_EQ(rough.scalar_type(), torch::kFloat32);
  EXPECT_LT((rough - exact).abs().mean().item<float>(), 0.03f * exact.std().item<float>());
}

TEST(MultiScaleNet, TrainsInBfloat16WithFloat32Weights) {
  torch::manual_seed(5);
  MultiScaleNet net(MultiScaleShape{.widths = {8, 12}, .dilations = {1}});
  const torch::Tensor output = net(torch::randn({2, 3, 16, 16}).to(torch::kBFloat16));
  output.to(torch::kFloat32).square().mean().backward();
  for (const torch::Tensor& parameter : net->parameters()) {
    ASSERT_EQ(parameter.scalar_type(), torch::kFloat32);
    ASSERT_TRUE(parameter.grad().defined());
    EXPECT_TRUE(parameter.grad().isfinite().all().item<bool>());
  }
}

}  // namespace
}  // namespace fringewatch::nn
