#include "common/stack/envelope.h"

#include <fmt/format.h>

#include <algorithm>

namespace fringewatch {
namespace {

/// A little more than what was drawn for training.
constexpr double kFinest_m = 8.0, kCoarsest_m = 120.0;
constexpr double kShortestWave_m = 0.028, kLongestWave_m = 0.26;  ///< X to L band
constexpr int kLongestSpan_days = 72;
constexpr size_t kFewestPairs = 6;

}  // namespace

std::vector<std::string> OutsideEnvelope(const Acquisition& acquisition) {
  std::vector<std::string> reasons;
  const double spacing_m = acquisition.spacing_m, wavelength_m = acquisition.wavelength_m;
  if (spacing_m > 0 && (spacing_m < kFinest_m || spacing_m > kCoarsest_m)) {
    reasons.push_back(fmt::format(
        "Unsure: pixels of {:.0f} m, the networks know {:.0f} to {:.0f} m. Resample, or look at each site yourself.",
        spacing_m, kFinest_m, kCoarsest_m));
  }
  if (wavelength_m > 0 && (wavelength_m < kShortestWave_m || wavelength_m > kLongestWave_m)) {
    reasons.push_back(fmt::format(
        "Unsure: wavelength {} m, the networks know {} to {} m. Check the wavelength, or look at each site yourself.",
        wavelength_m, kShortestWave_m, kLongestWave_m));
  }
  if (acquisition.shortest_span_days > kLongestSpan_days) {
    reasons.push_back(fmt::format(
        "Unsure: no pair is shorter than {} days, the networks know up to {}. Fast ground aliases: add shorter pairs.",
        acquisition.shortest_span_days, kLongestSpan_days));
  }
  return reasons;
}

std::vector<std::string> OutsideEnvelope(const Track& track) {
  Acquisition acquisition{std::max(track.grid.spacing_x_m, track.grid.spacing_y_m), track.wavelength_m, 0};
  for (const Pair& pair : track.pairs) {
    const int span_days = pair.span_days();
    if (acquisition.shortest_span_days == 0 || span_days < acquisition.shortest_span_days) {
      acquisition.shortest_span_days = span_days;
    }
  }
  std::vector<std::string> reasons = OutsideEnvelope(acquisition);
  if (track.pairs.size() < kFewestPairs) {
    reasons.push_back(
        fmt::format("Unsure: {} pairs, the evidence of a stack wants {} or more to tell motion from air. Add pairs.",
                    track.pairs.size(), kFewestPairs));
  }
  return reasons;
}

}  // namespace fringewatch
