#include "services/unwrapper/core/sbas.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/base/parallel.h"
#include "common/base/units.h"
#include "services/unwrapper/core/sbas_lanes.h"

namespace fringewatch::unwrapper {
namespace {

constexpr long kChunkPixels = 4096;  // per work item
constexpr int kBatch = 8;            // groups read and written together: planes lie far apart in memory

/// One pixel whose dates are not all connected.
struct SplitPixel {
  std::vector<double> series_rad, variance_rad2;
  std::vector<int> subset;  ///< per date, -1 = no pair holds it
  int subsets = 0;
  int dates_used = 0;
};

SplitPixel SplitOf(const LaneSystem& system, int lane) {
  const Network& network = system.network();
  const int dates = static_cast<int>(network.dates.size());
  SplitPixel pixel{std::vector<double>(dates), std::vector<double>(dates), std::vector<int>(dates, -1)};
  std::vector<char> used(dates, 0);
  for (size_t m = 0; m < network.edges.size(); ++m) {
    if (system.weight(m)[lane] > 0.0F) used[network.edges[m].first] = used[network.edges[m].second] = 1;
  }
  for (int k = 0; k < dates; ++k) {
    if (!used[k]) continue;
    ++pixel.dates_used;
    pixel.series_rad[k] = system.series(k)[lane];
    pixel.variance_rad2[k] = system.variance(k)[lane];
    if (k > 0) {
      for (int step = 1; step <= std::min(k, system.band()) && pixel.subset[k] < 0; ++step) {
        if (system.share(k, step)[lane] > 0.0F) pixel.subset[k] = pixel.subset[k - step];
      }
    }
    if (pixel.subset[k] < 0) pixel.subset[k] = pixel.subsets++;
  }
  return pixel;
}

/// Shifts every subset but the first so that one straight line, with the slope pooled over the subsets, fits all.
/// `days` of each date. Adds the variance of the shift.
void JoinSubsets(const std::vector<double>& days, SplitPixel& pixel) {
  struct Moments {
    double n = 0, t = 0, x = 0, variance = 0;
  };
  std::vector<Moments> mean(pixel.subsets);
  const size_t dates = days.size();
  for (size_t k = 0; k < dates; ++k) {
    if (pixel.subset[k] < 0) continue;
    Moments& of = mean[pixel.subset[k]];
    of.n += 1;
    of.t += days[k];
    of.x += pixel.series_rad[k];
    of.variance += pixel.variance_rad2[k];
  }
  for (Moments& of : mean) of = {of.n, of.t / of.n, of.x / of.n, of.variance / of.n};
  double tt = 0, tx = 0, xx = 0, formal = 0;
  for (size_t k = 0; k < dates; ++k) {
    if (pixel.subset[k] < 0) continue;
    const Moments& of = mean[pixel.subset[k]];
    const double t = days[k] - of.t, x = pixel.series_rad[k] - of.x;
    tt += t * t;
    tx += t * x;
    xx += x * x;
    formal += pixel.variance_rad2[k] / pixel.dates_used;
  }
  const double slope = tx / tt;
  const double freedom = pixel.dates_used - pixel.subsets - 1;
  const double scatter = freedom > 0 ? std::max(formal, (xx - slope * tx) / freedom) : formal;
  for (size_t k = 0; k < dates; ++k) {
    if (pixel.subset[k] <= 0) continue;
    const Moments& of = mean[pixel.subset[k]];
    const double step = of.t - mean[0].t;
    pixel.series_rad[k] += mean[0].x + slope * step - of.x;
    pixel.variance_rad2[k] += scatter * (step * step / tt + 1 / of.n + 1 / mean[0].n);
  }
}

/// Writes the solved groups into the products.
class SeriesWriter {
 public:
  SeriesWriter(const Network& network, double wavelength_m, SbasSeries& out)
      : network_(network), metres_per_rad_(MetresPerRadian(wavelength_m)), out_(out) {}

  /// Writes date `k` of a solved group of `count` pixels from `start` on.
  void WriteDate(const LaneSystem& system, int k, size_t start, int count) const {
    const float metres_per_rad = static_cast<float>(metres_per_rad_);
    float* __restrict displacement = out_.displacement_m.plane(k).data() + start;
    float* __restrict sigma = out_.displacement_std_m.plane(k).data() + start;
    const LaneRow &series = system.series(k), &variance = system.variance(k), &factor = system.variance_factor();
    for (int lane = 0; lane < count; ++lane) {
      displacement[lane] = metres_per_rad * series[lane];
      sigma[lane] = std::abs(metres_per_rad) * std::sqrt(factor[lane] * variance[lane]);
    }
  }

  /// The rest of a group, after its dates.
  void WriteQuality(const LaneSystem& system, size_t start, int count) const {
    for (int lane = 0; lane < count; ++lane) {
      const bool any = system.pairs_used()[lane] > 0;
      out_.temporal_coherence.values[start + lane] = any ? system.temporal_coherence()[lane] : kMissing;
      out_.pairs_used.values[start + lane] = static_cast<uint16_t>(system.pairs_used()[lane]);
      if (system.connected()[lane] == 0.0F) WriteSplit(system, start, lane);
    }
  }

 private:
  void WriteSplit(const LaneSystem& system, size_t start, int lane) const {
    SplitPixel pixel = SplitOf(system, lane);
    const double freedom = system.pairs_used()[lane] - (pixel.dates_used - pixel.subsets);
    const double factor = freedom > 0 ? system.weighted_squares()[lane] / freedom : 1.0;
    for (double& variance : pixel.variance_rad2) variance *= factor;
    if (pixel.subsets > 1) JoinSubsets(network_.days, pixel);
    out_.disconnected.values[start + lane] = pixel.subsets > 1 ? 1 : 0;
    for (size_t k = 0; k < pixel.subset.size(); ++k) {
      const bool here = pixel.subset[k] >= 0;
      const int date = static_cast<int>(k);
      out_.displacement_m.plane(date)[start + lane] =
          here ? static_cast<float>(metres_per_rad_ * pixel.series_rad[k]) : kMissing;
      out_.displacement_std_m.plane(date)[start + lane] =
          here ? static_cast<float>(std::abs(metres_per_rad_) * std::sqrt(pixel.variance_rad2[k])) : kMissing;
    }
  }

  const Network& network_;
  double metres_per_rad_;
  SbasSeries& out_;
};

}  // namespace

SbasSeries InvertSbas(const Network& network, const Array3<float>& unwrapped_rad, const Array3<float>& weights,
                      double wavelength_m, int threads) {
  const int dates = static_cast<int>(network.dates.size());
  const int rows = unwrapped_rad.rows, cols = unwrapped_rad.cols;
  SbasSeries out{Array3<float>(dates, rows, cols), Array3<float>(dates, rows, cols), Array2<float>(rows, cols),
                 Array2<uint8_t>(rows, cols), Array2<uint16_t>(rows, cols)};
  const long pixels = static_cast<long>(rows) * cols;
  const SeriesWriter writer(network, wavelength_m, out);
  ParallelFor(static_cast<int>((pixels + kChunkPixels - 1) / kChunkPixels), threads, [&](int chunk) {
    std::vector<LaneSystem> batch(kBatch, LaneSystem(network));
    const long end = std::min(pixels, (chunk + 1) * kChunkPixels);
    for (long start = chunk * kChunkPixels; start < end; start += kBatch * kLanes) {
      const auto each_group = [&](auto&& body) {
        for (long group = 0, at = start; group < kBatch && at < end; ++group, at += kLanes) {
          body(batch[group], at, static_cast<int>(std::min<long>(kLanes, end - at)));
        }
      };
      for (int m = 0; m < unwrapped_rad.planes; ++m) {
        const float* phase = unwrapped_rad.plane(m).data();
        const float* weight = weights.plane(m).data();
        each_group([&](LaneSystem& group, long at, int count) {
          __builtin_prefetch(phase + at + kBatch * kLanes);
          __builtin_prefetch(weight + at + kBatch * kLanes);
          group.Load(m, phase + at, weight + at, count);
        });
      }
      each_group([](LaneSystem& group, long, int) { group.Solve(); });
      for (int k = 0; k < dates; ++k) {
        each_group([&](const LaneSystem& group, long at, int count) { writer.WriteDate(group, k, at, count); });
      }
      each_group([&](const LaneSystem& group, long at, int count) { writer.WriteQuality(group, at, count); });
    }
  });
  return out;
}

float PhaseWeight(float coherence, double looks) {
  if (!(coherence >= 0.0F)) return 0.0F;
  const double g = std::clamp(static_cast<double>(coherence), 0.05, 0.99);
  return static_cast<float>(2.0 * looks * g * g / (1.0 - g * g));
}

Array3<float> PhaseWeights(const Array3<float>& coherence, double looks) {
  Array3<float> weights(coherence.planes, coherence.rows, coherence.cols);
  std::transform(coherence.values.begin(), coherence.values.end(), weights.values.begin(),
                 [looks](float g) { return PhaseWeight(g, looks); });
  return weights;
}

}  // namespace fringewatch::unwrapper
