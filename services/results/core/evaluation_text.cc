// An evaluation as JSON for programs and as a table for people.
#include <cmath>
#include <nlohmann/json.hpp>

#include "services/results/core/evaluation.h"

namespace fringewatch::results {
namespace {

std::string Cell(double value, int digits) {
  return std::isfinite(value) ? fmt::format("{:.{}f}", value, digits) : "-";
}

std::string Percent(double share) { return std::isfinite(share) ? fmt::format("{:.1f} %", 100 * share) : "-"; }

}  // namespace

std::string ToJson(const Evaluation& e) {
  using Json = nlohmann::ordered_json;
  Json matches = Json::array();
  for (const MatchedSite& m : e.matches) {
    matches.push_back({{"true_id", m.true_id},
                       {"found_id", m.found_id},
                       {"kind", m.kind},
                       {"iou", m.iou},
                       {"true_peak_mm_yr", m.true_peak_mm_yr},
                       {"found_peak_mm_yr", m.found_peak_mm_yr},
                       {"peak_relative_error", m.peak_relative_error},
                       {"velocity_rmse_mm_yr", m.velocity_rmse_mm_yr},
                       {"has_series", m.has_series},
                       {"series_rmse_mm", m.series_rmse_mm},
                       {"series_rmse_all_mm", m.series_rmse_all_mm},
                       {"aliased_share", m.aliased_share},
                       {"too_fast_share", m.too_fast_share}});
  }
  const Json json = {{"true_sites", e.true_sites},
                     {"found_sites", e.found_sites},
                     {"frame_km2", e.frame_km2},
                     {"precision", e.precision},
                     {"recall", e.recall},
                     {"f1", e.f1},
                     {"false_sites_per_1000_km2", e.false_sites_per_1000_km2},
                     {"iou_median", e.iou_median},
                     {"peak_relative_error_median", e.peak_relative_error_median},
                     {"velocity_rmse_mm_yr", e.velocity_rmse_mm_yr},
                     {"fast_relative_error_median", e.fast_relative_error_median},
                     {"slow_rmse_mm_yr", e.slow_rmse_mm_yr},
                     {"inside_one_sigma", e.inside_one_sigma},
                     {"series_rmse_mm", e.series_rmse_mm},
                     {"series_rmse_all_mm", e.series_rmse_all_mm},
                     {"aliased_share", e.aliased_share},
                     {"too_fast_share", e.too_fast_share},
                     {"matches", matches},
                     {"missed", e.missed},
                     {"false_alarms", e.false_alarms}};
  return json.dump(2);
}

std::string ToText(const Evaluation& e) {
  std::string text = fmt::format(
      "sites           {} true, {} found, {} matched, {} missed, {} false\n"
      "precision       {}   recall {}   F1 {}\n"
      "false sites     {} per 1,000 km2 (frame {} km2)\n"
      "polygon IoU     {} (median)\n"
      "peak velocity   {} relative error (median)\n"
      "velocity        {} mm/yr RMSE inside the sites\n"
      "                {} relative error above 100 mm/yr (median), {} mm/yr RMSE below; {} within one sigma\n"
      "series          {} mm RMSE where the phase is not aliased ({} of the pixels are; {} mm with them)\n"
      "too fast        {} of the site pixels were flagged by the run and are not compared\n",
      e.true_sites, e.found_sites, e.matches.size(), e.missed.size(), e.false_alarms.size(), Cell(e.precision, 3),
      Cell(e.recall, 3), Cell(e.f1, 3), Cell(e.false_sites_per_1000_km2, 2), Cell(e.frame_km2, 0),
      Cell(e.iou_median, 2), Percent(e.peak_relative_error_median), Cell(e.velocity_rmse_mm_yr, 1),
      Percent(e.fast_relative_error_median), Cell(e.slow_rmse_mm_yr, 1), Percent(e.inside_one_sigma),
      Cell(e.series_rmse_mm, 2), Percent(e.aliased_share), Cell(e.series_rmse_all_mm, 2), Percent(e.too_fast_share));
  if (!e.matches.empty()) {
    text += fmt::format("\n{:<10} {:<14} {:<28} {:>5} {:>10} {:>10} {:>8} {:>10} {:>9}\n", "truth", "kind", "found",
                        "IoU", "true mm/yr", "found", "error", "series mm", "aliased");
  }
  for (const MatchedSite& m : e.matches) {
    text += fmt::format("{:<10} {:<14} {:<28} {:>5} {:>10} {:>10} {:>8} {:>10} {:>9}\n", m.true_id, m.kind, m.found_id,
                        Cell(m.iou, 2), Cell(m.true_peak_mm_yr, 1), Cell(m.found_peak_mm_yr, 1),
                        Percent(m.peak_relative_error), Cell(m.series_rmse_mm, 2), Percent(m.aliased_share));
  }
  for (const std::string& id : e.missed) text += fmt::format("{:<10} missed\n", id);
  for (const std::string& id : e.false_alarms)
    text += fmt::format("{:<10} {:<14} {} is in no true site\n", "-", "false", id);
  return text;
}

}  // namespace fringewatch::results
