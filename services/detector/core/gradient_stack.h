/// Phase-gradient stacking: slow ground motion adds up over pairs, atmosphere and noise do not.
///
/// Per pair, with z = coherence * exp(i phase) and 0 where missing, the gradient along columns is
///   g = arg(sum over 3x3 of z(r, c + 1) conj(z(r, c - 1))) / 2   [rad/px], unambiguous below pi / 2,
/// and along rows likewise. Nothing is unwrapped. Over pairs of span dt, the model g = G dt is fitted by weighted
/// least squares: G = sum w dt g / sum w dt^2. The weight follows the Cramer-Rao bound of interferometric phase,
/// w = q / (1 - q) with q = |mean product| (about coherence^2, lowered by missing neighbours).
/// Gradient stacking: Fu et al. 2022 (unweighted); weights and variance make the result a rate with a sigma.
#pragma once

#include "common/stack/stack_reader.h"

namespace fringewatch::detector {

/// Gradient rate of one pixel. All 0 where no pair was seen.
struct GradientRate {
  float col_rad_per_px_day = 0.0F;  ///< towards larger columns
  float row_rad_per_px_day = 0.0F;  ///< towards larger rows
  float variance = 0.0F;            ///< of either component, (rad/px/day)^2, from the residuals; 0 with one pair only
  int pairs = 0;

  /// Length of the rate over its standard deviation, at most 1000; 0 where the deviation is unknown (under 2 pairs).
  /// Pure noise gives about 1.25. Pairs are taken as independent: shared epochs make it optimistic.
  [[nodiscard]] float Significance() const;
};

/// Running sums over pairs: memory and time per pair do not depend on how many came before.
class GradientStack {
 public:
  GradientStack(int rows, int cols);
  /// Adds a pair of `span_days` > 0. NaN = missing. `pair.coherence` must not be empty.
  void Add(const PairRaster& pair, double span_days);
  [[nodiscard]] GradientRate At(int row, int col) const;
  [[nodiscard]] int rows() const { return col_sum_.rows; }
  [[nodiscard]] int cols() const { return col_sum_.cols; }

 private:
  Array2<float> col_sum_, row_sum_;  ///< sum w dt g
  Array2<float> weight_sum_;         ///< sum w dt^2
  Array2<float> square_sum_;         ///< sum w (g_col^2 + g_row^2)
  Array2<float> pairs_;              ///< pairs with a gradient here
};

}  // namespace fringewatch::detector
