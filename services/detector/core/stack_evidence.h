/// What all pairs of a stack say about each place: persistence turns many weak votes into one strong one, and what
/// a single epoch puts into its own pairs (one-off atmosphere) into none.
///
/// Works at half resolution. Per pair only DDNet's clipped logit is kept, in one byte; all statistics are derived from
/// these when asked, so the answer does not depend on the order of the pairs.
#pragma once

#include <torch/torch.h>

#include <vector>

#include "common/stack/network.h"
#include "common/stack/stack_reader.h"
#include "services/detector/core/gradient_stack.h"
#include "services/detector/core/stack_net.h"

namespace fringewatch::detector {

inline constexpr float kLogitClip = 4.0F;  ///< one pair cannot say more than this
inline constexpr double kRateDays = 48.0;  ///< gradient features are rad/px in so many days
inline constexpr float kGradientFeatureMax = 3.0F;

/// Planes of StackEvidence::Features. A place without any data is 0 in all of them.
enum Feature : int {
  kMeanLogit = 0,         ///< span-weighted mean DDNet logit over the pairs with data
  kMeanWithoutEpoch = 1,  ///< the least such mean when all pairs of any one epoch are left out
  kPeakWithoutEpoch = 2,  ///< the same for the log of the mean of exp(logit): the strongest pairs speak
  kGradientCol = 3,       ///< rad/px in kRateDays, clamped, mean of 2x2
  kGradientRow = 4,
  kGradientSignificance = 5,  ///< log(1 + GradientRate::Significance), of the mean over 2x2
  kMeanCoherence = 6,
  kValidFraction = 7,  ///< of the stack's pairs
};

/// Evidence of one window of rows x cols pixels. Half-resolution pixel (i, j) covers pixels 2i, 2i + 1 x 2j, 2j + 1.
class StackEvidence {
 public:
  StackEvidence(const Network& network, int rows, int cols);

  /// Adds pair `pair` (an index into network.edges), once at most. `ddnet_logits`: any shape that ends in (H, W) with
  /// H >= rows and W >= cols, leading sizes 1, any type and device; what lies beyond the window is ignored. `raster`:
  /// rows x cols, with coherence, unusable pixels NaN.
  void Add(int pair, const torch::Tensor& ddnet_logits, const PairRaster& raster);

  /// (kStackFeatures, h, w) float32 on the CPU, h = rows / 2 and w = cols / 2 rounded up.
  [[nodiscard]] torch::Tensor Features() const;

  /// Pairs whose mean DDNet probability over the half-resolution pixels `places` (i * half_cols() + j) exceeds 0.5;
  /// pixels without data do not count, and a pair with data on less than half of them does not vote.
  [[nodiscard]] std::vector<int> VotingPairs(const std::vector<int>& places) const;

  /// Whether any pair has data at a pixel: 0 or 1, rows x cols.
  [[nodiscard]] const Array2<uint8_t>& seen() const { return seen_; }
  [[nodiscard]] const GradientStack& gradients() const { return gradients_; }
  [[nodiscard]] int half_rows() const { return coherence_sum_.rows; }
  [[nodiscard]] int half_cols() const { return coherence_sum_.cols; }

 private:
  void FillLogitFeatures(int row, float* features, size_t plane) const;
  void FillGradientFeatures(int row, float* features, size_t plane) const;

  Network network_;
  GradientStack gradients_;
  Array2<uint8_t> seen_;
  Array2<float> coherence_sum_;  ///< half resolution
  std::vector<Array2<uint8_t>>
      logit_code_;  ///< per pair, half resolution: 0 = no data, else 1 to 255; empty = not added
};

}  // namespace fringewatch::detector
