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
