/// How good a run is, against a truth: sites found and missed, outlines, peak velocities, series.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "services/results/core/product.h"

namespace fringewatch::results {

/// A site that is there. Coordinates are pixels of the run's grid.
struct TrueSite {
  std::string site_id;
  std::string kind;
  PixelRing outline;
  double row = 0, col = 0;  ///< centre
  double radius_m = 0;
  double peak_rate_mm_yr = 0;         ///< signed, line of sight
  double peak_phase_12_days_rad = 0;  ///< absolute
};

/// A site that a run reports.
struct FoundSite {
  std::string site_id;
  PixelRing outline;
  double score = 0;
  double peak_row = 0, peak_col = 0;
};

/// Everything to compare; the closures read what is needed for one site, so that memory does not grow with the frame.
struct EvaluationInput {
  Grid grid;
  double wavelength_m = 0;
  std::vector<TrueSite> truth;
  std::vector<FoundSite> found;
  /// Velocity of the run and of the truth inside a window, mm/yr, NaN = missing.
  std::function<StatusOr<Array2<float>>(const Window&)> found_velocity_mm_yr;
  std::function<StatusOr<Array2<float>>(const Window&)> true_velocity_mm_yr;
  /// Series of a found site; kNotReadable when the run has none for it.
  std::function<StatusOr<SiteSeries>(const std::string& site_id)> series;
  /// True displacement since the first date, mm.
  std::function<StatusOr<Array2<float>>(Date, const Window&)> true_displacement_mm;
};

/// A true site with the found site that stands for it.
struct MatchedSite {
  std::string true_id, found_id, kind;
  double iou = 0;
  double true_peak_mm_yr = 0, found_peak_mm_yr = 0;
  double peak_relative_error = 0;  ///< |found - true| / |true|; 1 when the peak itself has no value
  double velocity_rmse_mm_yr = 0;  ///< inside both outlines
  bool has_series = false;
  double series_rmse_mm = 0;      ///< where the phase is not aliased; NaN when no such pixel is left
  double series_rmse_all_mm = 0;  ///< everywhere
  double aliased_share = 0;       ///< of the pixels compared
  double too_fast_share = 0;      ///< of the site's pixels that the run itself calls too fast; not compared
};

struct Evaluation {
  int true_sites = 0, found_sites = 0;
  double frame_km2 = 0;  ///< 0 = unknown pixel size
  double precision = 0, recall = 0, f1 = 0;
  double false_sites_per_1000_km2 = 0;
  double iou_median = 0;
  double peak_relative_error_median = 0;
  double velocity_rmse_mm_yr = 0;
  /// Velocities against the straight line through the true series, of pixels that are not too fast: median relative
  /// error of those that move by more than 100 mm/yr,
  double fast_relative_error_median = 0;
  double slow_rmse_mm_yr = 0;   ///< RMSE of the slower ones,
  double inside_one_sigma = 0;  ///< share of both whose true velocity is within one standard deviation
  double series_rmse_mm = 0;    ///< over all compared pixels and dates that are not aliased
  double series_rmse_all_mm = 0;
  double aliased_share = 0;
  double too_fast_share = 0;
  std::vector<MatchedSite> matches;       ///< in the order of the truth
  std::vector<std::string> missed;        ///< ids of the truth
  std::vector<std::string> false_alarms;  ///< ids of the run
};

/// Pairs of (true, found) indices. A found site may stand for a true one when its peak lies inside the true outline,
/// or its peak is nearer to the true centre than the true radius, or IoU > 0.1. Greedy, best IoU first (then the
/// nearer peak); one to one.
[[nodiscard]] std::vector<std::pair<int, int>> MatchSites(const EvaluationInput& input);

/// The series is compared after removal of the common offset of the local reference, per date. A pixel is aliased when
/// the true phase between two consecutive dates of the series steps by more than pi to a neighbour. The peak velocity
/// is the median over the fastest 2 % (at least 9) of the pixels of the true outline, in truth and in the run alike.
/// Statistics without members are NaN. Errors of the closures, except a missing series.
[[nodiscard]] StatusOr<Evaluation> Evaluate(const EvaluationInput& input);

/// All fields; NaN becomes null.
[[nodiscard]] std::string ToJson(const Evaluation& evaluation);
/// A table for people: the figures, then one line per true site and per false alarm.
[[nodiscard]] std::string ToText(const Evaluation& evaluation);

}  // namespace fringewatch::results
