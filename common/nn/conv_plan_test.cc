#include "common/nn/conv_plan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/nn/thread_limit.h"

namespace fringewatch::nn {
namespace {

ConvLayer Layer(int in, int out, int kernel_px, int stride, int dilation) {
  return {torch::randn({out, in, kernel_px, kernel_px}) / (kernel_px * std::sqrt(static_cast<double>(in))),
          torch::randn({out}), stride, dilation * (kernel_px / 2), dilation};
}

torch::Tensor Convolved(const torch::Tensor& x, const ConvLayer& layer) {
  return torch::conv2d(x, layer.weight, layer.bias, layer.stride, layer.padding_px, layer.dilation);
}

/// One of each kind of step, on rasters (B, 3, H, W) with H and W multiples of 4.
struct Layers {
  ConvLayer stem = Layer(12, 16, 3, 1, 1), first = Layer(16, 16, 3, 1, 2), second = Layer(16, 16, 3, 1, 1),
            down = Layer(16, 32, 3, 2, 1), lateral = Layer(32, 16, 1, 1, 1), head = Layer(16, 8, 3, 1, 1);

  [[nodiscard]] std::shared_ptr<const ConvPlan> Plan(torch::IntArrayRef sizes, torch::Dtype precision) const {
    auto plan = std::make_shared<ConvPlan>(precision);
    const ConvPlan::Value x = plan->Conv(plan->Input(sizes, 2), stem, true);
    const ConvPlan::Value block = plan->ConvOnto(plan->Conv(x, first, true), second, x);
    const ConvPlan::Value low = plan->Conv(plan->Conv(block, down, true), lateral, false);
    plan->Head(plan->UpsampleOnto(low, block), head, 2);
    plan->Finish();
    return plan;
  }
  [[nodiscard]] torch::Tensor Eager(const torch::Tensor& input) const {
    const torch::Tensor patches =
        input.view({input.size(0), 3, input.size(2) / 2, 2, input.size(3) / 2, 2}).permute({0, 3, 5, 1, 2, 4});
    const torch::Tensor x = Convolved(patches.flatten(1, 3), stem).relu();
    const torch::Tensor block = (Convolved(Convolved(x, first).relu(), second) + x).relu();
    const torch::Tensor low = Convolved(Convolved(block, down).relu(), lateral);
    return torch::pixel_shuffle(Convolved(block + torch::upsample_nearest2d(low, {block.size(2), block.size(3)}), head),
                                2);
  }
};

class ConvPlanTest : public testing::Test {
 protected:
  ConvPlanTest() { torch::manual_seed(7); }
  [[nodiscard]] std::optional<torch::Tensor> RunIfPossible(const torch::Tensor& input, torch::Dtype precision) {
    return plans_.Run(input, precision, [&] {
      ++made_;
      return layers_.Plan(input.sizes(), precision);
    });
  }
  [[nodiscard]] torch::Tensor Run(const torch::Tensor& input) { return RunIfPossible(input, torch::kFloat32).value(); }
  torch::NoGradGuard no_grad_;
  Layers layers_;
  ConvPlans plans_;
  int made_ = 0;
};

TEST_F(ConvPlanTest, GivesWhatTheLayersGiveOneByOne) {
  for (const std::vector<int64_t>& sizes : {std::vector<int64_t>{1, 3, 32, 48}, {2, 3, 4, 20}, {3, 3, 64, 8}}) {
    const torch::Tensor input = torch::randn(sizes);
    const torch::Tensor expected = layers_.Eager(input), planned = Run(input);
    ASSERT_EQ(planned.sizes(), expected.sizes());
    EXPECT_LT((planned - expected).abs().max().item<float>(), 2e-5F) << sizes;
  }
}

TEST_F(ConvPlanTest, Bfloat16IsClose) {
  const torch::Tensor input = torch::randn({1, 3, 32, 48});
  const torch::Tensor expected = layers_.Eager(input);
  const auto planned = RunIfPossible(input, torch::kBFloat16);
  if (!planned) GTEST_SKIP() << "SKIPPED: this processor has no convolutions in bfloat16";
  EXPECT_LT((*planned - expected).abs().mean().item<float>(), 0.01F * expected.std().item<float>());
}

TEST_F(ConvPlanTest, RunsOnSeveralThreadsAtOnceWithTheSameAnswer) {
  const OneThreadPerCall one_thread;
  const torch::Tensor input = torch::randn({1, 3, 64, 64});
  const torch::Tensor alone = Run(input);
  std::vector<std::future<torch::Tensor>> runs;
  for (int i = 0; i < 8; ++i) {
    runs.push_back(std::async(std::launch::async, [&] { return Run(input); }));
  }
  for (std::future<torch::Tensor>& run : runs) EXPECT_TRUE(torch::equal(run.get(), alone));
  EXPECT_EQ(made_, 1) << "one plan for all of them";
}

TEST_F(ConvPlanTest, IsKeptForTheNextInputOfItsShapeWhileThereAreFew) {
  std::vector<torch::Tensor> inputs, first;
  for (int i = 0; i < 20; ++i) inputs.push_back(torch::randn({1, 3, 8, 4L * (i + 1)}));
  for (const torch::Tensor& input : inputs) first.push_back(Run(input));
  EXPECT_EQ(made_, 20);
  EXPECT_TRUE(torch::equal(Run(inputs.back()), first.back()));
  EXPECT_EQ(made_, 20) << "the last one is kept";
  EXPECT_TRUE(torch::equal(Run(inputs.front()), first.front()));
  EXPECT_EQ(made_, 21) << "the first one had to go";
}

TEST_F(ConvPlanTest, IsMissingWhereTheLibraryHasNoSuchLayers) {
  const torch::Tensor input = torch::randn({1, 3, 8, 8});
  const auto unfit = []() -> std::shared_ptr<const ConvPlan> { throw dnnl::error(dnnl_unimplemented, "no primitive"); };
  EXPECT_FALSE(plans_.Run(input, torch::kFloat32, unfit).has_value());
  const auto broken = []() -> std::shared_ptr<const ConvPlan> { throw dnnl::error(dnnl_out_of_memory, "no room"); };
  EXPECT_THROW((void)plans_.Run(torch::randn({1, 3, 8, 12}), torch::kFloat32, broken), std::bad_alloc);
}

TEST_F(ConvPlanTest, RefusesWhatItWasNotMadeFor) {
  ScratchPool pool;
  const auto plan = layers_.Plan({1, 3, 8, 8}, torch::kFloat32);
  EXPECT_THROW((void)plan->Run(torch::randn({1, 3, 8, 12}), pool), c10::Error);
  ConvPlan unfinished(torch::kFloat32);
  const ConvPlan::Value x = unfinished.Input({1, 16, 8, 8}, 1);
  EXPECT_THROW(unfinished.ConvOnto(x, layers_.down, x), c10::Error) << "half the size";
  EXPECT_THROW(unfinished.Finish(), c10::Error) << "without a head";
  EXPECT_THROW((void)unfinished.Run(torch::randn({1, 16, 8, 8}), pool), c10::Error);
}

TEST(ScratchPool, KeepsMemoryUntilItIsCleared) {
  ScratchPool pool;
  const uint8_t* first = nullptr;
  {
    const ScratchPool::Loan loan = pool.Take(1000), other = pool.Take(1000);
    first = loan.data();
    EXPECT_NE(first, other.data());
  }
  {
    const ScratchPool::Loan again = pool.Take(500);
    EXPECT_EQ(again.data(), first) << "the last one given back";
    pool.Clear();
    std::memset(again.data(), 1, 500);  // what is on loan stays
  }
  EXPECT_THROW((void)pool.Take(int64_t{1} << 46), c10::Error);
  const ScratchPool::Loan after = pool.Take(1000);
  EXPECT_NE(after.data(), nullptr) << "a loan that failed leaves the pool in order";
}

TEST(OneDnn, IsTheOneThatLibtorchComputesWith) {
  EXPECT_NE(torch::show_config().find("MKL-DNN v" + OneDnnVersion()), std::string::npos)
      << OneDnnVersion() << " beside\n"
      << torch::show_config() << "build with -DFRINGEWATCH_ONEDNN=OFF";
}

TEST_F(ConvPlanTest, IsOnlyForTheTypesThatNetworksUse) {
  EXPECT_THROW((void)RunIfPossible(torch::randn({1, 3, 8, 8}), torch::kFloat64), c10::Error);
}

}  // namespace
}  // namespace fringewatch::nn
