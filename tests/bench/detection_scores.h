/// Scores of a detector: are its probabilities true, and does its ranking put the right ones first?
#pragma once

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

namespace fringewatch::bench {

/// Predicted probabilities against the truth, in ten bins.
class Reliability {
 public:
  void Add(float probability, bool moves) {
    const int bin = std::min(9, static_cast<int>(10.0F * probability));
    count_[bin] += 1;
    predicted_[bin] += probability;
    moving_[bin] += moves;
  }
  /// Mean gap between what was predicted and what is, over bins weighted by their members; `from_bin` > 0 leaves the
  /// sea of still ground out.
  [[nodiscard]] double ExpectedError(int from_bin) const {
    double gap = 0, total = 0;
    for (int bin = from_bin; bin < 10; ++bin) {
      gap += std::abs(predicted_[bin] - moving_[bin]);
      total += count_[bin];
    }
    return total > 0 ? gap / total : 0.0;
  }
  [[nodiscard]] nlohmann::json ToJson() const {
    nlohmann::json bins = nlohmann::json::array();
    for (int bin = 0; bin < 10; ++bin) {
      const double count = std::max(1.0, count_[bin]);
      bins.push_back(
          {{"pixels", count_[bin]}, {"predicted", predicted_[bin] / count}, {"moving", moving_[bin] / count}});
    }
    return {{"expected_calibration_error", ExpectedError(0)},
            {"expected_calibration_error_above_0.1", ExpectedError(1)},
            {"bins", bins}};
  }

 private:
  double count_[10] = {}, predicted_[10] = {}, moving_[10] = {};
};

/// One detection of a single pair, for the ranking.
struct Ranked {
  double score = 0;
  bool right = false;
};

/// Area under the precision-recall curve, precision made falling (all points, as in PASCAL VOC since 2010).
inline double AveragePrecision(std::vector<Ranked> ranking, int there) {
  std::sort(ranking.begin(), ranking.end(), [](const Ranked& a, const Ranked& b) { return a.score > b.score; });
  std::vector<double> precision, recall;
  double right = 0;
  for (size_t i = 0; i < ranking.size(); ++i) {
    right += ranking[i].right;
    precision.push_back(right / static_cast<double>(i + 1));
    recall.push_back(right / std::max(1, there));
  }
  for (size_t i = precision.size(); i-- > 1;) precision[i - 1] = std::max(precision[i - 1], precision[i]);
  double area = 0, last = 0;
  for (size_t i = 0; i < precision.size(); ++i) {
    area += (recall[i] - last) * precision[i];
    last = recall[i];
  }
  return area;
}

}  // namespace fringewatch::bench
