#include "services/unwrapper/core/reference.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/base/units.h"

namespace fringewatch::unwrapper {
namespace {

constexpr int kMinBorderPixels = 8;

/// The non-zero pixels grown by `margin_px` (square).
Array2<uint8_t> Dilate(const Array2<uint8_t>& mask, int margin_px) {
  Array2<uint8_t> wide(mask.rows, mask.cols);
  for (int r = 0; r < mask.rows; ++r) {
    for (int c = 0; c < mask.cols; ++c) {
      if (!mask(r, c)) continue;
      const Window box = Grow({r, c, 1, 1}, margin_px, mask.frame());
      for (int row = box.row0; row < box.row1(); ++row) {
        std::fill_n(wide.values.begin() + static_cast<long>(wide.index(row, box.col0)), box.cols, uint8_t{1});
      }
    }
  }
  return wide;
}

struct Weighted {
  float value = 0;
  float weight = 0;
};

/// Smallest value at which half of the weight is reached. `samples` not empty; reordered.
float WeightedMedian(std::vector<Weighted>& samples) {
  std::sort(samples.begin(), samples.end(), [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
  double total = 0, sum = 0;
  for (const Weighted& sample : samples) total += sample.weight;
  for (const Weighted& sample : samples) {
    sum += sample.weight;
    if (2 * sum >= total) return sample.value;
  }
  return samples.back().value;
}

/// Phases of one pair at `pixels`, with their weights; missing ones left out.
std::vector<Weighted> Samples(const Array3<float>& phase, const Array3<float>& coherence, int pair,
                              const std::vector<size_t>& pixels) {
  std::vector<Weighted> samples;
  samples.reserve(pixels.size());
  for (const size_t i : pixels) {
    const float value = phase.plane(pair)[i];
    const float weight = coherence.empty() ? 1.0F : coherence.plane(pair)[i];
    if (!std::isnan(value) && weight > 0.0F) samples.push_back({value, weight});
  }
  return samples;
}

/// Rate of each pixel relative to the median of all, rad per day: least squares through the origin over its pairs.
/// NaN for a pixel without data.
std::vector<double> Rates(const Network& network, const Array3<float>& phase, const std::vector<size_t>& pixels) {
  std::vector<double> top(pixels.size()), bottom(pixels.size());
  for (int m = 0; m < phase.planes; ++m) {
    std::vector<Weighted> samples = Samples(phase, {}, m, pixels);
    if (samples.empty()) continue;
    const float median = WeightedMedian(samples);
    const double span = network.days[network.edges[m].second] - network.days[network.edges[m].first];
    for (size_t p = 0; p < pixels.size(); ++p) {
      const float value = phase.plane(m)[pixels[p]];
      if (std::isnan(value)) continue;
      top[p] += span * (value - median);
      bottom[p] += span * span;
    }
  }
  for (size_t p = 0; p < pixels.size(); ++p) top[p] /= bottom[p];
  return top;
}

/// The shortest interval that holds half of the values: middle and half width. `values` not empty.
struct ShortestHalf {
  double middle = 0;
  double half_width = 0;
};

ShortestHalf FindShortestHalf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t count = values.size() / 2 + 1;
  ShortestHalf best{values.front(), std::numeric_limits<double>::infinity()};
  for (size_t i = 0; i + count <= values.size(); ++i) {
    const double half_width = (values[i + count - 1] - values[i]) / 2;
    if (half_width < best.half_width) best = {(values[i + count - 1] + values[i]) / 2, half_width};
  }
  return best;
}

/// Keeps the pixels whose rate lies within `reach` half widths of the shortest half.
std::vector<size_t> KeepStill(const Network& network, const Array3<float>& phase, std::vector<size_t> pixels,
                              double reach) {
  const std::vector<double> rates = Rates(network, phase, pixels);
  std::vector<double> known;
  std::copy_if(rates.begin(), rates.end(), std::back_inserter(known), [](double rate) { return !std::isnan(rate); });
  if (known.empty()) return {};
  const ShortestHalf still = FindShortestHalf(known);
  std::vector<size_t> kept;
  for (size_t p = 0; p < pixels.size(); ++p) {
    if (std::abs(rates[p] - still.middle) <= reach * still.half_width) kept.push_back(pixels[p]);
  }
  return kept;
}

long MarkedPixels(const Array2<uint8_t>& mask) {
  return std::count_if(mask.values.begin(), mask.values.end(), [](uint8_t mark) { return mark != 0; });
}

void LocateSite(const Array2<uint8_t>& inside, ReferenceArea& area) {
  double rows = 0, cols = 0;
  long count = 0;
  for (int r = 0; r < inside.rows; ++r) {
    for (int c = 0; c < inside.cols; ++c) {
      if (!inside(r, c)) continue;
      rows += r;
      cols += c;
      ++count;
    }
  }
  area.site_row = count > 0 ? rows / static_cast<double>(count) : (inside.rows - 1) / 2.0;
  area.site_col = count > 0 ? cols / static_cast<double>(count) : (inside.cols - 1) / 2.0;
}

}  // namespace

Array2<uint8_t> WithGuard(const Array2<uint8_t>& inside, double area_px, const ReferenceOptions& options) {
  const double radius_px = std::sqrt(area_px / kPi);
  return Dilate(inside,
                std::max(options.guard_min_px, static_cast<int>(std::lround(options.guard_fraction * radius_px))));
}

StatusOr<ReferenceArea> ChooseReference(const Network& network, const Array2<uint8_t>& inside_site,
                                        const Array2<uint8_t>& others, const Array2<float>& mean_coherence,
                                        const Array3<float>& unwrapped_rad, const ReferenceOptions& options) {
  const int rows = inside_site.rows, cols = inside_site.cols;
  Array2<uint8_t> blocked = WithGuard(inside_site, static_cast<double>(MarkedPixels(inside_site)), options);
  for (size_t i = 0; i < others.size(); ++i) blocked.values[i] |= others.values[i];
  const int border_px = std::max(2, options.guard_min_px);
  const Window interior{border_px, border_px, rows - 2 * border_px, cols - 2 * border_px};
  std::vector<size_t> around, border;
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < cols; ++c) {
      if (!(mean_coherence(r, c) >= options.min_coherence)) continue;
      if (!blocked(r, c)) around.push_back(inside_site.index(r, c));
      if (!interior.Contains(r, c)) border.push_back(inside_site.index(r, c));
    }
  }
  ReferenceArea area;
  area.mask = Array2<uint8_t>(rows, cols);
  LocateSite(inside_site, area);
  constexpr double kThreeSigma = 3.0 * 1.4826;  // of a normal distribution, in half widths of its shortest half
  std::vector<size_t> chosen = KeepStill(network, unwrapped_rad, around, kThreeSigma);
  if (static_cast<int>(chosen.size()) < options.min_pixels) {
    const size_t found = chosen.size();
    chosen = KeepStill(network, unwrapped_rad, border, 1.0);
    if (static_cast<int>(chosen.size()) < kMinBorderPixels) {
      return Error(Fault::kReferenceMasked,
                   "{} pixels of still ground with coherence >= {} around the site and {} on the border of the {} x {} "
                   "patch; {} and {} are needed: widen the margin or lower the coherence threshold",
                   found, options.min_coherence, chosen.size(), rows, cols, options.min_pixels, kMinBorderPixels);
    }
    area.from_border = true;
    area.notes.push_back(
        fmt::format("The site fills its patch: the reference is the least moving half of the patch "
                    "border ({} pixels), so a motion common to site and border is not seen.",
                    chosen.size()));
  }
  for (const size_t i : chosen) area.mask.values[i] = 1;
  area.pixels = static_cast<int>(chosen.size());
  return area;
}

std::vector<size_t> KnownPixels(const Array2<uint8_t>& reference, const Array3<float>& displacement_m) {
  std::vector<size_t> pixels;
  for (size_t i = 0; i < reference.size(); ++i) {
    if (!reference.values[i]) continue;
    bool known = false;
    for (int k = 0; k < displacement_m.planes && !known; ++k) known = !std::isnan(displacement_m.plane(k)[i]);
    if (known) pixels.push_back(i);
  }
  return pixels;
}

ReferenceShift ApplyReference(const ReferenceArea& reference, const Array3<float>& coherence,
                              Array3<float>& unwrapped_rad) {
  std::vector<size_t> pixels;
  for (size_t i = 0; i < reference.mask.size(); ++i) {
    if (reference.mask.values[i]) pixels.push_back(i);
  }
  ReferenceShift shift;
  for (int m = 0; m < unwrapped_rad.planes; ++m) {
    std::vector<Weighted> samples = Samples(unwrapped_rad, coherence, m, pixels);
    const std::span<float> plane = unwrapped_rad.plane(m);
    if (samples.empty()) {
      shift.offset_rad.push_back(std::numeric_limits<double>::quiet_NaN());
      shift.dropped_pairs.push_back(m);
      std::fill(plane.begin(), plane.end(), kMissing);
      continue;
    }
    const double median = WeightedMedian(samples);
    double top = 0, bottom = 0;
    for (const Weighted& sample : samples) {
      if (std::abs(sample.value - median) > kPi) continue;
      top += static_cast<double>(sample.weight) * sample.value;
      bottom += sample.weight;
    }
    shift.offset_rad.push_back(top / bottom);
    for (float& value : plane) value -= static_cast<float>(top / bottom);
  }
  return shift;
}

}  // namespace fringewatch::unwrapper
