#include "services/unwrapper/core/punet.h"

#include <gtest/gtest.h>

#include "common/nn/model_file.h"

namespace fringewatch::unwrapper {
namespace {

/// 20 exp(-d^2 / 200) + 0.1 col, rad: steps up to 1.3 rad.
torch::Tensor BowlOnARamp(int rows, int cols) {
  const torch::Tensor row = torch::arange(rows, torch::kFloat32).unsqueeze(1),
                      col = torch::arange(cols, torch::kFloat32);
  return 20.0 * torch::exp(-((row - 18.0).square() + (col - 25.0).square()) / 200.0) + 0.1 * col;
}

torch::Tensor StepsAlong(const torch::Tensor& phase, int dimension) {
  const std::vector<int64_t> padding = dimension == 1 ? std::vector<int64_t>{0, 1} : std::vector<int64_t>{0, 0, 0, 1};
  return torch::constant_pad_nd(phase.diff(1, dimension), padding).unsqueeze(0);
}

TEST(IntegrateSteps, GivesBackThePhaseLessItsMean) {
  const torch::Tensor phase = BowlOnARamp(48, 64);
  const torch::Tensor integrated = IntegrateSteps(StepsAlong(phase, 1), StepsAlong(phase, 0))[0];
  EXPECT_LT((integrated - (phase - phase.mean())).abs().max().item<float>(), 2e-3f);
}

TEST(IntegrateSteps, IgnoresWhatLiesBeyondTheEdge) {
  const torch::Tensor phase = BowlOnARamp(32, 16);
  const torch::Tensor right = StepsAlong(phase, 1), down = StepsAlong(phase, 0);
  const torch::Tensor expected = IntegrateSteps(right, down);
  torch::Tensor right_beyond = right.clone(), down_beyond = down.clone();
  right_beyond.select(2, 15).fill_(7.0);
  down_beyond.select(1, 31).fill_(-3.0);
  EXPECT_TRUE(torch::equal(IntegrateSteps(right_beyond, down_beyond), expected));
}

TEST(WrappedSteps, AreStepsOfThePhaseAndZeroAtMissingPixels) {
  const torch::Tensor phase = 2.0 * BowlOnARamp(32, 48);
  torch::Tensor pair = torch::stack({phase.cos(), phase.sin(), torch::full_like(phase, 0.8)}).unsqueeze(0);
  pair.select(2, 5).select(2, 6).zero_();
  const torch::Tensor steps = WrappedSteps(pair)[0];
  ASSERT_EQ(steps.sizes(), (std::vector<int64_t>{5, 32, 48}));
  EXPECT_NEAR(steps[0][9][11].item<float>(), std::cos((phase[9][12] - phase[9][11]).item<float>()), 1e-5f);
  EXPECT_NEAR(steps[1][9][11].item<float>(), std::sin((phase[9][12] - phase[9][11]).item<float>()), 1e-5f);
  EXPECT_NEAR(steps[3][9][11].item<float>(), std::sin((phase[10][11] - phase[9][11]).item<float>()), 1e-5f);
  for (const auto& [row, col] : {std::pair{5, 5}, {5, 6}}) EXPECT_EQ(steps[0][row][col].item<float>(), 0.0f);
  EXPECT_EQ(steps[2][4][6].item<float>(), 0.0f);
  EXPECT_EQ(steps[0][9][47].item<float>(), 0.0f);
  EXPECT_EQ(steps[2][31][9].item<float>(), 0.0f);
}

TEST(PuNet, AnswersAtFullResolutionWhateverThePhaseOrigin) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(1);
  PuNet net;
  net->eval();
  const torch::Tensor phase = BowlOnARamp(32, 48), ones = torch::ones_like(phase);
  const torch::Tensor answer = net(torch::stack({phase.cos(), phase.sin(), ones}).unsqueeze(0));
  const torch::Tensor turned = net(torch::stack({(phase + 1.0).cos(), (phase + 1.0).sin(), ones}).unsqueeze(0));
  ASSERT_EQ(answer.sizes(), (std::vector<int64_t>{1, 2, 32, 48}));
  EXPECT_LT((turned - answer).abs().max().item<float>(), 1e-3f * answer.abs().max().item<float>());
}

TEST(PuNet, RunsFoldedInBfloat16) {
  const torch::NoGradGuard no_grad;
  PuNet net;
  nn::PrepareForInference(*net, {torch::kCPU, torch::kBFloat16});
  const torch::Tensor answer = net(torch::rand({2, 3, 32, 32}).to(torch::kBFloat16));
  EXPECT_EQ(answer.scalar_type(), torch::kFloat32);
  EXPECT_TRUE(answer.isfinite().all().item<bool>());
}

}  // namespace
}  // namespace fringewatch::unwrapper
