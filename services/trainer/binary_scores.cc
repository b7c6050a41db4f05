#include "services/trainer/binary_scores.h"

#include <algorithm>

namespace fringewatch::trainer {

void BinaryScores::Add(const torch::Tensor& logits, const torch::Tensor& target) {
  const torch::Tensor probability = torch::sigmoid(logits.select(1, 0)).to(torch::kFloat32).contiguous();
  const torch::Tensor truth = target.select(1, 0).to(torch::kFloat32).contiguous();
  const float* p = probability.data_ptr<float>();
  const float* t = truth.data_ptr<float>();
  for (long i = 0; i < probability.numel(); ++i) {
    const int bin = std::clamp(static_cast<int>(p[i] * kBins), 0, kBins - 1);
    (t[i] >= 0.5f ? positives_ : negatives_)[bin] += 1.0;
  }
}

Scores BinaryScores::Result() const {
  double all_positives = 0.0;
  for (const double count : positives_) all_positives += count;
  double hits = 0.0, alarms = 0.0, area = 0.0, recall_before = 0.0;
  Scores scores;
  for (int bin = kBins - 1; bin >= 0; --bin) {
    hits += positives_[bin];
    alarms += negatives_[bin];
    const double precision = hits + alarms > 0.0 ? hits / (hits + alarms) : 0.0;
    const double recall = all_positives > 0.0 ? hits / all_positives : 0.0;
    area += precision * (recall - recall_before);
    recall_before = recall;
    if (bin == kBins / 2) {
      const double either = all_positives + alarms;
      scores = {{"precision", precision},
                {"recall", recall},
                {"iou", either > 0.0 ? hits / either : 0.0},
                {"f1", either > 0.0 ? 2.0 * hits / (either + hits) : 0.0}};
    }
  }
  scores["ap"] = area;
  return scores;
}

torch::Tensor BinaryLoss(const torch::Tensor& logits, const torch::Tensor& target, double dice_share) {
  const torch::Tensor entropy = torch::binary_cross_entropy_with_logits(logits, target);
  const torch::Tensor probability = torch::sigmoid(logits);
  const torch::Tensor overlap = (probability * target).sum();
  const torch::Tensor dice = 1.0 - (2.0 * overlap + 1.0) / (probability.sum() + target.sum() + 1.0);
  return entropy + dice_share * dice;
}

}  // namespace fringewatch::trainer
