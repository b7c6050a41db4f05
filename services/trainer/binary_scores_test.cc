#include "services/trainer/binary_scores.h"

#include <gtest/gtest.h>

namespace fringewatch::trainer {
namespace {

/// (1, 1, 1, n) from values.
torch::Tensor Row(const std::vector<float>& values) { return torch::tensor(values).view({1, 1, 1, -1}); }

TEST(BinaryScores, CountsHitsMissesAndFalseAlarms) {
  BinaryScores sum;
  sum.Add(Row({3.0f, 3.0f, 3.0f, -3.0f, -3.0f, -3.0f}), Row({1, 1, 0, 1, 0, 0}));
  const Scores scores = sum.Result();
  EXPECT_DOUBLE_EQ(scores.at("precision"), 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(scores.at("recall"), 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(scores.at("iou"), 0.5);
  EXPECT_DOUBLE_EQ(scores.at("f1"), 2.0 / 3.0);
}

TEST(BinaryScores, AveragePrecisionOfARanking) {
  BinaryScores sum;  // ranked: hit, alarm, hit
  sum.Add(Row({2.0f, 1.0f, 0.0f}), Row({1, 0, 1}));
  EXPECT_NEAR(sum.Result().at("ap"), 0.5 * 1.0 + 0.5 * (2.0 / 3.0), 1e-9);
}

TEST(BinaryScores, AddsUpOverBatches) {
  BinaryScores parts, whole;
  parts.Add(Row({1.0f, -1.0f}), Row({1, 1}));
  parts.Add(Row({1.0f, -2.0f}), Row({0, 0}));
  whole.Add(Row({1.0f, -1.0f, 1.0f, -2.0f}), Row({1, 1, 0, 0}));
  EXPECT_EQ(parts.Result(), whole.Result());
}

TEST(BinaryLoss, FallsTowardsTheTruth) {
  const torch::Tensor target = Row({1, 0, 0, 1});
  const auto loss = [&](float scale) { return BinaryLoss(scale * (2.0 * target - 1.0), target, 2.0).item<float>(); };
  EXPECT_LT(loss(4.0f), 0.1f);
  EXPECT_LT(loss(1.0f), loss(0.0f));
  EXPECT_LT(loss(0.0f), loss(-1.0f));
}

}  // namespace
}  // namespace fringewatch::trainer
