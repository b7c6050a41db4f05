/// The batched solver under InvertSbas: kLanes pixels side by side through one elimination of the pair graph.
#pragma once

#include <cstddef>
#include <vector>

#include "common/stack/network.h"

namespace fringewatch::unwrapper {

inline constexpr int kLanes = 16;  ///< pixels per group

/// One number per pixel of a group: one cache line.
struct alignas(64) LaneRow {
  float at[kLanes] = {};
  float& operator[](int lane) { return at[lane]; }
  const float& operator[](int lane) const { return at[lane]; }
};

/// One group: what goes in (phase, weight), what comes out, and the storage between. The solver is single precision;
/// a second round on the residuals makes large phases and weights of very different size harmless.
class LaneSystem {
 public:
  /// Sums over the pairs: weighted squares, cosine and sine of the residuals, number of pairs.
  struct Sums {
    LaneRow squares, cosine, sine, pairs;
  };

  explicit LaneSystem(const Network& network);

  /// Takes one pair of `count` <= kLanes pixels, for all pairs before Solve. Phase in rad, NaN = missing; weight 1 /
  /// rad^2, 0 or NaN = missing. The lanes after `count` are without data.
  void Load(size_t pair, const float* phase_rad, const float* weight, int count);
  /// Weight of a pair as loaded, 0 = missing.
  [[nodiscard]] const LaneRow& weight(size_t pair) const { return weight_[pair]; }

  void Solve();

  /// Phase of date `k` relative to the first date of its subset, rad.
  [[nodiscard]] const LaneRow& series(int k) const { return series_[k + band_]; }
  /// Variance of it: diagonal of the inverse normal matrix (variance factor 1), rad^2.
  [[nodiscard]] const LaneRow& variance(int k) const { return covariance_[static_cast<size_t>(k + band_) * band_]; }
  /// 0 where no link leads from date `k` to an earlier one: first date of a subset. For k = 0 always 0.
  [[nodiscard]] const LaneRow& inverse_pivot(int k) const { return inverse_pivot_[k + band_]; }
  /// Share of date k that goes to its `step`-th earlier neighbour: positive where they belong to the same subset.
  [[nodiscard]] const LaneRow& share(int k, int step) const {
    return link_[static_cast<size_t>(k + band_) * band_ + step - 1];
  }
  [[nodiscard]] const LaneRow& temporal_coherence() const { return temporal_coherence_; }
  [[nodiscard]] const LaneRow& weighted_squares() const { return weighted_squares_; }  ///< of the residuals
  /// A-posteriori variance factor where all dates are connected: weighted squares over redundancy, 1 without any.
  [[nodiscard]] const LaneRow& variance_factor() const { return variance_factor_; }
  [[nodiscard]] const LaneRow& connected() const { return connected_; }  ///< 0 = some date is not linked to the first
  [[nodiscard]] const LaneRow& pairs_used() const { return pairs_used_; }
  [[nodiscard]] const Network& network() const { return network_; }
  [[nodiscard]] int band() const { return band_; }

 private:
  void Summarise(const Sums& sums);

  const Network& network_;
  int dates_;
  int band_;
  std::vector<LaneRow> phase_, weight_;  // (pair)
  // Dates come after `band_` rows of zeros, so that no loop asks whether a neighbour exists.
  std::vector<LaneRow> link_;  // (date, step - 1): weight, later share, of date - step
  std::vector<LaneRow> inverse_pivot_, load_, series_, correction_;  // (date)
  std::vector<LaneRow> covariance_;  // (date, step): with date - step, step 0 to band - 1
  LaneRow temporal_coherence_, weighted_squares_, variance_factor_, connected_, pairs_used_;
};

}  // namespace fringewatch::unwrapper
