/// The batched solver under InvertSbas: kLanes pixels side by side through one elimination of the pair graph.
#pragma once

#include <cstddef>
#include <vector>

#include "common/stack/network.h"

namespace fringewatch::unwrapper {

inline constexpr int kLanes = 16;  ///< pixels per group: one cache line of floats

/// Storage of one group. Rows of kLanes floats; date rows are preceded by `band` rows of zeros, so that no loop asks
/// whether a neighbour exists.
class LaneSystem {
 public:
  explicit LaneSystem(const Network& network);

  /// Row of `pair` to be filled before Solve: phase in rad (finite) and weight (0 = missing, else positive).
  [[nodiscard]] float* phase(size_t pair) { return phase_.data() + pair * kLanes; }
  [[nodiscard]] float* weight(size_t pair) { return weight_.data() + pair * kLanes; }
  [[nodiscard]] const float* weight(size_t pair) const { return weight_.data() + pair * kLanes; }

  /// Solves the group. Afterwards, per lane: series, variance, pivot, coherence, squares, pairs.
  void Solve();

  /// Phase of date `k` relative to the first date of its subset, rad.
  [[nodiscard]] const float* series(int k) const { return series_.data() + Row(k); }
  /// Variance of it: diagonal of the inverse normal matrix (variance factor 1), rad^2.
  [[nodiscard]] const float* variance(int k) const { return covariance_.data() + Row(k) * band_; }
  /// 0 where no link leads from date `k` to an earlier one: first date of a subset. For k = 0 always 0.
  [[nodiscard]] const float* inverse_pivot(int k) const { return inverse_pivot_.data() + Row(k); }
  /// Share in date k of its `step`-th earlier neighbour: positive where they belong to the same subset.
  [[nodiscard]] const float* share(int k, int step) const { return link_.data() + Row(k) * band_ + (step - 1) * kLanes; }
  [[nodiscard]] const float* temporal_coherence() const { return temporal_coherence_; }
  [[nodiscard]] const float* weighted_squares() const { return weighted_squares_; }  ///< of the residuals
  [[nodiscard]] const float* pairs_used() const { return pairs_used_; }
  [[nodiscard]] const Network& network() const { return network_; }
  [[nodiscard]] int band() const { return band_; }

 private:
  [[nodiscard]] size_t Row(int k) const { return static_cast<size_t>(k + band_) * kLanes; }

  const Network& network_;
  int dates_;
  int band_;
  std::vector<float> phase_, weight_;             // (pair, lane)
  std::vector<float> link_;                       // (date, step, lane): weight, later share, of date - step
  std::vector<float> load_;                       // (date, lane): right-hand side
  std::vector<float> inverse_pivot_, series_;     // (date, lane)
  std::vector<float> covariance_;                 // (date, step, lane): with date - step, step 0 to band - 1
  alignas(64) float temporal_coherence_[kLanes];
  alignas(64) float weighted_squares_[kLanes];
  alignas(64) float pairs_used_[kLanes];
};

}  // namespace fringewatch::unwrapper
