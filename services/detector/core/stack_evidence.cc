#include "services/detector/core/stack_evidence.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace fringewatch::detector {
namespace {

constexpr float kCodeScale = 254.0F / (2.0F * kLogitClip);  ///< codes 1 to 255 cover -kLogitClip to kLogitClip

/// Of a logit within the clip.
uint8_t Encode(float logit) { return static_cast<uint8_t>(std::lround((logit + kLogitClip) * kCodeScale) + 1); }

float Decode(int code) { return static_cast<float>(code - 1) / kCodeScale - kLogitClip; }

/// f(logit) of every code, 0 for "no data".
template <typename Function>
std::array<float, 256> TableOf(Function&& f) {
  std::array<float, 256> table{};
  for (int code = 1; code < 256; ++code) table[code] = f(Decode(code));
  return table;
}

/// Sums over pairs along one row: of all pairs, or of those that touch one epoch.
struct PairSums {
  std::vector<float> logit, span, odds, count;
  explicit PairSums(int cols) : logit(cols), span(cols), odds(cols), count(cols) {}
};

/// Least mean over the epochs left out, of one statistic.
void LowerTo(float sum, float weight, bool logarithm, float& least) {
  if (weight > 0.0F) least = std::min(least, logarithm ? std::log(sum / weight) : sum / weight);
}

}  // namespace

StackEvidence::StackEvidence(const Network& network, int rows, int cols)
    : network_(network),
      gradients_(rows, cols),
      seen_(rows, cols),
      coherence_sum_((rows + 1) / 2, (cols + 1) / 2),
      logit_code_(network.edges.size()) {}

void StackEvidence::Add(int pair, const torch::Tensor& ddnet_logits, const PairRaster& raster) {
  const torch::Tensor logits = ddnet_logits.reshape({ddnet_logits.size(-2), ddnet_logits.size(-1)})
                                   .to(torch::kCPU, torch::kFloat32)
                                   .contiguous();
  TORCH_CHECK(logits.size(0) >= seen_.rows && logits.size(1) >= seen_.cols, "logits do not cover the window");
  TORCH_CHECK(raster.phase_rad.rows == seen_.rows && raster.phase_rad.cols == seen_.cols, "pair of another window");
  TORCH_CHECK(logit_code_.at(pair).empty(), "pair added twice");
  Array2<uint8_t> codes(half_rows(), half_cols());
  const float* logit = logits.data_ptr<float>();
  const int64_t logit_cols = logits.size(1);
  for (int i = 0; i < half_rows(); ++i) {
    for (int j = 0; j < half_cols(); ++j) {
      float coherence = 0.0F, logit_sum = 0.0F;
      int usable = 0;
      for (int r = 2 * i; r < std::min(2 * i + 2, seen_.rows); ++r) {
        for (int c = 2 * j; c < std::min(2 * j + 2, seen_.cols); ++c) {
          if (std::isnan(raster.phase_rad(r, c))) continue;
          coherence += raster.coherence(r, c);
          logit_sum += std::clamp(logit[r * logit_cols + c], -kLogitClip, kLogitClip);
          ++usable;
          seen_(r, c) = 1;
        }
      }
      if (usable == 0) continue;
      codes(i, j) = Encode(logit_sum / static_cast<float>(usable));
      coherence_sum_(i, j) += coherence / static_cast<float>(usable);
    }
  }
  logit_code_[pair] = std::move(codes);
  const Edge edge = network_.edges[pair];
  gradients_.Add(raster, network_.days[edge.second] - network_.days[edge.first]);
}

torch::Tensor StackEvidence::Features() const {
  torch::Tensor features = torch::zeros({kStackFeatures, half_rows(), half_cols()});
  float* first = features.data_ptr<float>();
  const size_t plane = coherence_sum_.size();
  for (int row = 0; row < half_rows(); ++row) {
    FillLogitFeatures(row, first, plane);
    FillGradientFeatures(row, first, plane);
  }
  return features;
}

void StackEvidence::FillLogitFeatures(int row, float* features, size_t plane) const {
  static const std::array<float, 256> kLogit = TableOf([](float logit) { return logit; });
  static const std::array<float, 256> kOdds = TableOf([](float logit) { return std::exp(logit); });
  const int cols = half_cols();
  PairSums all(cols);
  std::vector<PairSums> touching(network_.dates.size(), PairSums(cols));
  for (size_t pair = 0; pair < logit_code_.size(); ++pair) {
    if (logit_code_[pair].empty()) continue;
    const Edge edge = network_.edges[pair];
    const auto days = static_cast<float>(network_.days[edge.second] - network_.days[edge.first]);
    const uint8_t* code = &logit_code_[pair](row, 0);
    for (PairSums* sums : {&all, &touching[edge.first], &touching[edge.second]}) {
      for (int col = 0; col < cols; ++col) {
        const float present = code[col] != 0 ? 1.0F : 0.0F;
        sums->logit[col] += days * kLogit[code[col]];
        sums->odds[col] += kOdds[code[col]];
        sums->span[col] += days * present;
        sums->count[col] += present;
      }
    }
  }
  for (int col = 0; col < cols; ++col) {
    if (all.count[col] == 0.0F) continue;
    // Sums of spans and counts are exact, so "no pair is left" is exactly 0.
    const float mean = all.logit[col] / all.span[col];
    float least_mean = 2.0F * kLogitClip, least_peak = 2.0F * kLogitClip;
    for (const PairSums& out : touching) {
      LowerTo(all.logit[col] - out.logit[col], all.span[col] - out.span[col], false, least_mean);
      LowerTo(std::max(all.odds[col] - out.odds[col], 1e-6F), all.count[col] - out.count[col], true, least_peak);
    }
    const bool nothing_left = least_mean > kLogitClip + 1.0F;  // every pair touches every epoch: nothing to leave out
    float* at = features + coherence_sum_.index(row, col);
    at[kMeanLogit * plane] = mean;
    at[kMeanWithoutEpoch * plane] = nothing_left ? mean : least_mean;
    at[kPeakWithoutEpoch * plane] = nothing_left ? std::log(all.odds[col] / all.count[col]) : least_peak;
    at[kMeanCoherence * plane] = coherence_sum_(row, col) / all.count[col];
    at[kValidFraction * plane] = all.count[col] / static_cast<float>(network_.edges.size());
  }
}

void StackEvidence::FillGradientFeatures(int row, float* features, size_t plane) const {
  const auto scaled = [](float sum, float count) {
    return std::clamp(sum / count * static_cast<float>(kRateDays), -kGradientFeatureMax, kGradientFeatureMax);
  };
  for (int col = 0; col < half_cols(); ++col) {
    float rate_col = 0.0F, rate_row = 0.0F, significance = 0.0F, count = 0.0F;
    for (int r = 2 * row; r < std::min(2 * row + 2, gradients_.rows()); ++r) {
      for (int c = 2 * col; c < std::min(2 * col + 2, gradients_.cols()); ++c) {
        const GradientRate rate = gradients_.At(r, c);
        if (rate.pairs == 0) continue;
        rate_col += rate.col_rad_per_px_day;
        rate_row += rate.row_rad_per_px_day;
        significance += rate.Significance();
        count += 1.0F;
      }
    }
    if (count == 0.0F) continue;
    float* at = features + coherence_sum_.index(row, col);
    at[kGradientCol * plane] = scaled(rate_col, count);
    at[kGradientRow * plane] = scaled(rate_row, count);
    at[kGradientSignificance * plane] = std::log1p(significance / count);
  }
}

std::vector<int> StackEvidence::VotingPairs(const std::vector<int>& places) const {
  static const std::array<float, 256> kProbability =
      TableOf([](float logit) { return 1.0F / (1.0F + std::exp(-logit)); });
  std::vector<int> voters;
  for (size_t pair = 0; pair < logit_code_.size(); ++pair) {
    if (logit_code_[pair].empty()) continue;
    double sum = 0.0;
    size_t present = 0;
    for (const int place : places) {
      const uint8_t code = logit_code_[pair].values[place];
      sum += kProbability[code];
      present += code != 0;
    }
    if (2 * present >= places.size() && sum > 0.5 * static_cast<double>(present))
      voters.push_back(static_cast<int>(pair));
  }
  return voters;
}

}  // namespace fringewatch::detector
