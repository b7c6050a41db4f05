/// Pixel scores of a detector: precision, recall, F1, IoU at probability 0.5, and average precision.
#pragma once

#include <vector>

#include "services/trainer/lesson.h"

namespace fringewatch::trainer {

/// Target plane 0: 0 or 1 (shares of a coarse pixel count as 1 from 0.5 on).
class BinaryScores final : public ScoreSum {
 public:
  void Add(const torch::Tensor& logits, const torch::Tensor& target) override;
  /// "precision", "recall", "f1", "iou", "ap".
  [[nodiscard]] Scores Result() const override;

 private:
  static constexpr int kBins = 1000;  ///< of probability
  std::vector<double> positives_ = std::vector<double>(kBins, 0.0);
  std::vector<double> negatives_ = std::vector<double>(kBins, 0.0);
};

/// Cross-entropy plus `dice_share` times the Dice loss (Milletari et al. 2016) over the batch.
[[nodiscard]] torch::Tensor BinaryLoss(const torch::Tensor& logits, const torch::Tensor& target, double dice_share);

}  // namespace fringewatch::trainer
