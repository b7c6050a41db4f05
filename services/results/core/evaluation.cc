#include "services/results/core/evaluation.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <tuple>

#include "common/base/units.h"
#include "services/results/core/outline_overlap.h"

namespace fringewatch::results {
namespace {

constexpr double kMatchIou = 0.1;
constexpr double kPeakShare = 0.02;
constexpr size_t kPeakPixels = 9;
constexpr double kFast_mm_yr = 100.0;

/// Sum of squares and how many.
struct SquareSum {
  double sum = 0;
  long count = 0;
  void Add(double error) {
    sum += error * error;
    ++count;
  }
  void Add(const SquareSum& other) {
    sum += other.sum;
    count += other.count;
  }
  [[nodiscard]] double Rms() const { return count > 0 ? std::sqrt(sum / static_cast<double>(count)) : std::nan(""); }
};

double Share(long part, long whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : std::nan("");
}

double Median(std::vector<double> values) {
  if (values.empty()) return std::nan("");
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : 0.5 * (values[half - 1] + values[half]);
}

/// How well a found site can stand for a true one: (IoU, minus distance in pixels); nothing when it cannot.
std::optional<std::pair<double, double>> Likeness(const TrueSite& truth, const FoundSite& found, const Grid& grid) {
  const double rows = found.peak_row + 0.5 - truth.row, cols = found.peak_col + 0.5 - truth.col;
  const double spacing_x = grid.spacing_x_m > 0 ? grid.spacing_x_m : 1.0;
  const double spacing_y = grid.spacing_y_m > 0 ? grid.spacing_y_m : 1.0;
  const double distance_m = std::hypot(rows * spacing_y, cols * spacing_x);
  const bool near = grid.spacing_x_m > 0 && distance_m < truth.radius_m;
  if (!near && Intersect(BoxOf(truth.outline), BoxOf(found.outline)).empty()) return std::nullopt;
  const double iou = OverlapOf(truth.outline, found.outline).Iou();
  if (!near && iou <= kMatchIou && !RingContains(truth.outline, found.peak_row + 0.5, found.peak_col + 0.5)) {
    return std::nullopt;
  }
  return std::pair(iou, -distance_m);
}

/// Fills the peak of a match from the fastest pixels of the true outline.
void ComparePeak(const Array2<uint8_t>& inside, const Array2<float>& truth, const Array2<float>& found,
                 MatchedSite& match) {
  std::vector<size_t> pixels;
  for (size_t i = 0; i < inside.size(); ++i) {
    if (inside.values[i] && std::isfinite(truth.values[i])) pixels.push_back(i);
  }
  std::stable_sort(pixels.begin(), pixels.end(),
                   [&](size_t a, size_t b) { return std::abs(truth.values[a]) > std::abs(truth.values[b]); });
  const auto share = static_cast<size_t>(std::ceil(kPeakShare * static_cast<double>(pixels.size())));
  pixels.resize(std::min(pixels.size(), std::max(kPeakPixels, share)));
  std::vector<double> true_peak, found_peak;
  for (const size_t i : pixels) {
    true_peak.push_back(truth.values[i]);
    if (std::isfinite(found.values[i])) found_peak.push_back(found.values[i]);
  }
  match.true_peak_mm_yr = Median(true_peak);
  match.found_peak_mm_yr = 2 * found_peak.size() >= pixels.size() ? Median(found_peak) : std::nan("");
  match.peak_relative_error =
      std::isfinite(match.found_peak_mm_yr)
          ? std::abs(match.found_peak_mm_yr - match.true_peak_mm_yr) / std::abs(match.true_peak_mm_yr)
          : 1.0;
}

StatusOr<SquareSum> CompareVelocity(const EvaluationInput& input, const TrueSite& truth, MatchedSite& match) {
  const Window box = Intersect(BoxOf(truth.outline), input.grid.frame());
  FW_ASSIGN_OR_RETURN(const Array2<float> true_velocity, input.true_velocity_mm_yr(box));
  FW_ASSIGN_OR_RETURN(const Array2<float> found_velocity, input.found_velocity_mm_yr(box));
  const Array2<uint8_t> inside = MaskOf(truth.outline, box);
  ComparePeak(inside, true_velocity, found_velocity, match);
  SquareSum errors;
  for (size_t i = 0; i < inside.size(); ++i) {
    const double error = found_velocity.values[i] - true_velocity.values[i];
    if (inside.values[i] && std::isfinite(error)) errors.Add(error);
  }
  match.velocity_rmse_mm_yr = errors.Rms();
  return errors;
}

/// Velocities of pixels with a series, against the truth.
struct VelocityErrors {
  std::vector<double> fast_relative;
  SquareSum slow_mm_yr;
  long within_sigma = 0, with_sigma = 0;

  void Add(const VelocityErrors& other) {
    fast_relative.insert(fast_relative.end(), other.fast_relative.begin(), other.fast_relative.end());
    slow_mm_yr.Add(other.slow_mm_yr);
    within_sigma += other.within_sigma;
    with_sigma += other.with_sigma;
  }
};

/// True displacement, mm, at the dates of a series, in its window.
using TrueSeries = std::vector<Array2<float>>;

/// Straight line through the true series of a pixel, mm/yr: what the run's velocity estimates. Ground that speeds up
/// and slows down has another mean velocity.
double TrueSlope_mm_yr(const std::vector<Date>& dates, const TrueSeries& truth_mm, size_t pixel) {
  double mean_days = 0, mean_mm = 0, covariance = 0, variance = 0;
  for (size_t t = 0; t < dates.size(); ++t) {
    mean_days += DaysBetween(dates[0], dates[t]) / static_cast<double>(dates.size());
    mean_mm += truth_mm[t].values[pixel] / static_cast<double>(dates.size());
  }
  for (size_t t = 0; t < dates.size(); ++t) {
    const double days = DaysBetween(dates[0], dates[t]) - mean_days;
    covariance += days * (truth_mm[t].values[pixel] - mean_mm);
    variance += days * days;
  }
  return kDaysPerYear * covariance / variance;
}

VelocityErrors CompareVelocities(const TrueSite& truth, const SiteSeries& series, const TrueSeries& truth_mm) {
  VelocityErrors errors;
  if (series.velocity_m_per_yr.empty() || series.dates.size() < 2) return errors;
  const Array2<uint8_t> inside = MaskOf(truth.outline, series.window);
  for (size_t i = 0; i < inside.size(); ++i) {
    const uint8_t flags = series.flags.empty() ? 0 : series.flags.values[i];
    if (!inside.values[i] || (flags & (kTooFast | kNoData | kOutsideSite))) continue;
    const double true_mm_yr = TrueSlope_mm_yr(series.dates, truth_mm, i);
    const double error_mm_yr = 1e3 * series.velocity_m_per_yr.values[i] - true_mm_yr;
    if (!std::isfinite(error_mm_yr)) continue;
    if (std::abs(true_mm_yr) > kFast_mm_yr) {
      errors.fast_relative.push_back(std::abs(error_mm_yr / true_mm_yr));
    } else {
      errors.slow_mm_yr.Add(error_mm_yr);
    }
    const double sigma_mm_yr =
        series.velocity_std_m_per_yr.empty() ? std::nan("") : 1e3 * series.velocity_std_m_per_yr.values[i];
    if (!std::isfinite(sigma_mm_yr)) continue;
    ++errors.with_sigma;
    errors.within_sigma += std::abs(error_mm_yr) < sigma_mm_yr;
  }
  return errors;
}

/// Marks the pixels whose true phase between two dates steps by more than pi to a neighbour.
void MarkAliased(const Array2<float>& before_mm, const Array2<float>& after_mm, double wavelength_m,
                 Array2<uint8_t>& aliased) {
  const double step_mm = 1e3 * kPi * std::abs(MetresPerRadian(wavelength_m));
  const auto moved = [&](int r, int c) { return after_mm(r, c) - before_mm(r, c); };
  const auto compare = [&](int r, int c, int r2, int c2) {
    if (std::abs(moved(r, c) - moved(r2, c2)) > step_mm) aliased(r, c) = aliased(r2, c2) = 1;
  };
  for (int r = 0; r < aliased.rows; ++r) {
    for (int c = 0; c < aliased.cols; ++c) {
      if (c + 1 < aliased.cols) compare(r, c, r, c + 1);
      if (r + 1 < aliased.rows) compare(r, c, r + 1, c);
    }
  }
}

/// Mean of found minus true over the local reference; 0 when there is none.
double ReferenceOffset(const SiteSeries& series, std::span<const float> found_m, const Array2<float>& truth_mm) {
  double sum = 0;
  long count = 0;
  for (size_t i = 0; i < series.flags.size(); ++i) {
    const double error = 1e3 * found_m[i] - truth_mm.values[i];
    if ((series.flags.values[i] & kReferenceArea) && std::isfinite(error)) sum += error, ++count;
  }
  return count > 0 ? sum / static_cast<double>(count) : 0.0;
}

struct SeriesErrors {
  SquareSum unaliased, all;
  long compared_px = 0, aliased_px = 0, too_fast_px = 0, inside_px = 0;
};

SeriesErrors CompareSeries(double wavelength_m, const TrueSite& truth, const SiteSeries& series,
                           const TrueSeries& true_mm) {
  Array2<uint8_t> aliased(series.window.rows, series.window.cols);
  for (size_t t = 1; t < series.dates.size(); ++t) MarkAliased(true_mm[t - 1], true_mm[t], wavelength_m, aliased);
  SeriesErrors errors;
  const Array2<uint8_t> inside = MaskOf(truth.outline, series.window);
  std::vector<size_t> pixels;
  for (size_t i = 0; i < inside.size(); ++i) {
    if (!inside.values[i]) continue;
    ++errors.inside_px;
    const uint8_t flags = series.flags.empty() ? 0 : series.flags.values[i];
    if (flags & kTooFast) ++errors.too_fast_px;
    if (!(flags & (kTooFast | kNoData))) pixels.push_back(i);
  }
  for (const size_t i : pixels) {
    ++errors.compared_px;
    errors.aliased_px += aliased.values[i];
  }
  for (size_t t = 1; t < series.dates.size(); ++t) {
    const auto found_m = series.displacement_m.plane(static_cast<int>(t));
    const double offset_mm = ReferenceOffset(series, found_m, true_mm[t]);
    for (const size_t i : pixels) {
      const double error_mm = 1e3 * found_m[i] - true_mm[t].values[i] - offset_mm;
      if (!std::isfinite(error_mm)) continue;
      errors.all.Add(error_mm);
      if (!aliased.values[i]) errors.unaliased.Add(error_mm);
    }
  }
  return errors;
}

/// Sums over all matches that the overall figures are made of.
struct Totals {
  SquareSum velocity;
  VelocityErrors velocities;
  SeriesErrors series;
};

StatusOr<MatchedSite> CompareSite(const EvaluationInput& input, const TrueSite& truth, const FoundSite& found,
                                  Totals& totals) {
  MatchedSite match;
  match.true_id = truth.site_id;
  match.found_id = found.site_id;
  match.kind = truth.kind;
  match.iou = OverlapOf(truth.outline, found.outline).Iou();
  FW_ASSIGN_OR_RETURN(const SquareSum velocity, CompareVelocity(input, truth, match));
  totals.velocity.Add(velocity);
  match.series_rmse_mm = match.series_rmse_all_mm = match.aliased_share = match.too_fast_share = std::nan("");
  const StatusOr<SiteSeries> series = input.series(found.site_id);
  if (!series.ok()) return match;
  TrueSeries true_mm;
  for (const Date date : series->dates) {
    FW_ASSIGN_OR_RETURN(Array2<float> displacement, input.true_displacement_mm(date, series->window));
    true_mm.push_back(std::move(displacement));
  }
  totals.velocities.Add(CompareVelocities(truth, *series, true_mm));
  const SeriesErrors errors = CompareSeries(input.wavelength_m, truth, *series, true_mm);
  match.has_series = true;
  match.series_rmse_mm = errors.unaliased.Rms();
  match.series_rmse_all_mm = errors.all.Rms();
  match.aliased_share = Share(errors.aliased_px, errors.compared_px);
  match.too_fast_share = Share(errors.too_fast_px, errors.inside_px);
  totals.series.unaliased.Add(errors.unaliased);
  totals.series.all.Add(errors.all);
  totals.series.compared_px += errors.compared_px;
  totals.series.aliased_px += errors.aliased_px;
  totals.series.too_fast_px += errors.too_fast_px;
  totals.series.inside_px += errors.inside_px;
  return match;
}

void Summarise(const Totals& totals, Evaluation& evaluation) {
  const long matched = static_cast<long>(evaluation.matches.size());
  evaluation.precision = Share(matched, evaluation.found_sites);
  evaluation.recall = Share(matched, evaluation.true_sites);
  evaluation.f1 = Share(2 * matched, evaluation.found_sites + evaluation.true_sites);
  evaluation.false_sites_per_1000_km2 =
      evaluation.frame_km2 > 0 ? 1e3 * static_cast<double>(evaluation.false_alarms.size()) / evaluation.frame_km2
                               : std::nan("");
  std::vector<double> ious, peak_errors;
  for (const MatchedSite& match : evaluation.matches) {
    ious.push_back(match.iou);
    peak_errors.push_back(match.peak_relative_error);
  }
  evaluation.iou_median = Median(ious);
  evaluation.peak_relative_error_median = Median(peak_errors);
  evaluation.velocity_rmse_mm_yr = totals.velocity.Rms();
  evaluation.fast_relative_error_median = Median(totals.velocities.fast_relative);
  evaluation.slow_rmse_mm_yr = totals.velocities.slow_mm_yr.Rms();
  evaluation.inside_one_sigma = Share(totals.velocities.within_sigma, totals.velocities.with_sigma);
  evaluation.series_rmse_mm = totals.series.unaliased.Rms();
  evaluation.series_rmse_all_mm = totals.series.all.Rms();
  evaluation.aliased_share = Share(totals.series.aliased_px, totals.series.compared_px);
  evaluation.too_fast_share = Share(totals.series.too_fast_px, totals.series.inside_px);
}

}  // namespace

std::vector<std::pair<int, int>> MatchSites(const EvaluationInput& input) {
  std::vector<std::tuple<double, double, int, int>> candidates;  // best first after sorting
  for (size_t t = 0; t < input.truth.size(); ++t) {
    for (size_t f = 0; f < input.found.size(); ++f) {
      if (const auto likeness = Likeness(input.truth[t], input.found[f], input.grid)) {
        candidates.emplace_back(-likeness->first, -likeness->second, static_cast<int>(t), static_cast<int>(f));
      }
    }
  }
  std::sort(candidates.begin(), candidates.end());
  std::vector<bool> true_taken(input.truth.size()), found_taken(input.found.size());
  std::vector<std::pair<int, int>> matches;
  for (const auto& [iou, distance, t, f] : candidates) {
    if (true_taken[t] || found_taken[f]) continue;
    true_taken[t] = found_taken[f] = true;
    matches.emplace_back(t, f);
  }
  std::sort(matches.begin(), matches.end());
  return matches;
}

StatusOr<Evaluation> Evaluate(const EvaluationInput& input) {
  Evaluation evaluation;
  evaluation.true_sites = static_cast<int>(input.truth.size());
  evaluation.found_sites = static_cast<int>(input.found.size());
  evaluation.frame_km2 = 1e-6 * static_cast<double>(input.grid.frame().pixels()) * input.grid.PixelArea_m2();
  std::vector<bool> true_taken(input.truth.size()), found_taken(input.found.size());
  Totals totals;
  for (const auto& [t, f] : MatchSites(input)) {
    true_taken[t] = found_taken[f] = true;
    FW_ASSIGN_OR_RETURN(MatchedSite match, CompareSite(input, input.truth[t], input.found[f], totals));
    evaluation.matches.push_back(std::move(match));
  }
  for (size_t t = 0; t < input.truth.size(); ++t) {
    if (!true_taken[t]) evaluation.missed.push_back(input.truth[t].site_id);
  }
  for (size_t f = 0; f < input.found.size(); ++f) {
    if (!found_taken[f]) evaluation.false_alarms.push_back(input.found[f].site_id);
  }
  Summarise(totals, evaluation);
  return evaluation;
}

}  // namespace fringewatch::results
