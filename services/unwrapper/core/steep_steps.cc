#include "services/unwrapper/core/steep_steps.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/base/units.h"
#include "common/raster/components.h"
#include "services/unwrapper/core/mcf_raster.h"

namespace fringewatch::unwrapper {
namespace {

constexpr double kSmoothing_px = 1.0;  ///< of the change of the mean step
constexpr double kRimQuality = 0.24;   ///< of the mean steps along a steep area's rim: noise alone gives 0.19 ...
constexpr double kRimScatter = 0.2;    ///< ... with this scatter of one step

/// Variance of a mean step whose phasor has the modulus `quality`: that of a wrapped normal, shrunk by the averaging.
float MeanStepVariance(float quality) {
  constexpr float kAveraged = 10.0F, kUniform = static_cast<float>(kPi * kPi / 3.0);
  return std::min(kUniform, -2.0F * std::log(std::clamp(quality, 1e-6F, 1.0F)) / kAveraged);
}

/// Whole cycles such that the commonest count is zero.
void SetOrigin(Array2<int>& whole) {
  std::vector<int> sorted = whole.values;
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<long>(sorted.size() / 2), sorted.end());
  const int median = sorted[sorted.size() / 2];
  for (int& cycles : whole.values) cycles -= median;
}

/// Takes the cycles back where the rim of a steep area does not show it.
void KeepEvident(const Array2<float>& quality, Array2<int>& whole) {
  Array2<uint8_t> steep(whole.rows, whole.cols);
  for (size_t i = 0; i < whole.size(); ++i) steep.values[i] = whole.values[i] != 0;
  const Components areas = LabelComponents(steep);
  if (areas.list.empty()) return;
  std::vector<double> rim_quality(areas.list.size() + 1), rim_steps(areas.list.size() + 1);
  const auto meet = [&](size_t a, size_t b) {
    const int area_a = areas.labels.values[a], area_b = areas.labels.values[b];
    if (area_a == area_b) return;
    for (const int area : {area_a, area_b}) {
      rim_quality[area] += 0.5F * (quality.values[a] + quality.values[b]);
      rim_steps[area] += 1;
    }
  };
  for (int r = 0; r < whole.rows; ++r) {
    for (int c = 0; c < whole.cols; ++c) {
      if (c + 1 < whole.cols) meet(whole.index(r, c), whole.index(r, c + 1));
      if (r + 1 < whole.rows) meet(whole.index(r, c), whole.index(r + 1, c));
    }
  }
  std::vector<char> evident(rim_steps.size());
  for (size_t area = 1; area < evident.size(); ++area) {
    evident[area] = rim_quality[area] > kRimQuality * rim_steps[area] + kRimScatter * std::sqrt(rim_steps[area]);
  }
  for (size_t i = 0; i < whole.size(); ++i) {
    const int area = areas.labels.values[i];
    if (area > 0 && !evident[area]) whole.values[i] = 0;
  }
}

Array2<float> Continue(const Array2<float>& mean, const Array2<float>& quality) {
  if (mean.rows < 2 || mean.cols < 2) return mean;
  Array2<float> variance = quality;
  for (float& value : variance.values) value = MeanStepVariance(value);
  Array2<int> whole = CloseLoops(mean, variance, MeanSteps(mean, quality, kSmoothing_px).mean).whole;
  SetOrigin(whole);
  KeepEvident(quality, whole);
  Array2<float> continued = mean;
  for (size_t i = 0; i < mean.size(); ++i)
    continued.values[i] += static_cast<float>(kTwoPi) * static_cast<float>(whole.values[i]);
  return continued;
}

}  // namespace

StepField ContinueBeyondPi(const LocalSteps& local) {
  return {Continue(local.mean.right, local.quality.right), Continue(local.mean.down, local.quality.down)};
}

}  // namespace fringewatch::unwrapper
