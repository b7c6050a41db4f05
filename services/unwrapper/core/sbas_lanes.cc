/// Star-mesh elimination, back substitution, selected inverse and residuals, each a plain loop over the lanes with
/// the band unrolled inside, which the compiler turns into vector instructions of the processor at hand.
#include "services/unwrapper/core/sbas_lanes.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "common/base/units.h"

// One clone per level of the processor, chosen at load time. Sanitizers do not support such dispatch.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__) && \
    !defined(__SANITIZE_ADDRESS__)
#define FW_VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FW_VECTOR_CLONES
#endif
#define FW_INLINE inline __attribute__((always_inline))

namespace fringewatch::unwrapper {
namespace {

/// Rows of one group as the kernels see them. Date rows may be indexed from -band on.
struct Rows {
  float* link;
  float* load;
  float* inverse_pivot;
  float* series;
  float* covariance;
};

/// Eliminates date k in all lanes: its links (weights w to dates k-1 ... k-band) become shares w / sum w, its
/// neighbours are linked by w_i w_j / sum w and take their share of its load. kBand > 0 unrolls.
template <int kBand>
FW_INLINE void Eliminate(const Rows& rows, long k, int band) {
  if constexpr (kBand > 0) band = kBand;
  float* __restrict own = rows.link + k * band * kLanes;
  const float* __restrict load = rows.load + k * kLanes;
  float* __restrict inverse = rows.inverse_pivot + k * kLanes;
  float* __restrict series = rows.series + k * kLanes;
  float* __restrict earlier_link = rows.link + (k - band) * band * kLanes;
  float* __restrict earlier_load = rows.load + (k - band) * kLanes;
  for (int lane = 0; lane < kLanes; ++lane) {
    float pivot = 0.0F;
#pragma GCC unroll 8
    for (int i = 0; i < band; ++i) pivot += own[i * kLanes + lane];
    const float inv = pivot > 0.0F ? 1.0F / (pivot > 0.0F ? pivot : 1.0F) : 0.0F;
    inverse[lane] = inv;
    series[lane] = load[lane] * inv;
#pragma GCC unroll 8
    for (int i = 0; i < band; ++i) {
      const float share = own[i * kLanes + lane] * inv;
      earlier_load[(band - 1 - i) * kLanes + lane] += share * load[lane];
#pragma GCC unroll 8
      for (int j = i + 1; j < band; ++j) {
        earlier_link[((band - 1 - i) * band + (j - i - 1)) * kLanes + lane] += share * own[j * kLanes + lane];
      }
    }
#pragma GCC unroll 8
    for (int i = 0; i < band; ++i) own[i * kLanes + lane] *= inv;
  }
}

/// Back substitution of date k, and its row of the inverse normal matrix inside the band (Takahashi's recursion).
template <int kBand>
FW_INLINE void Substitute(const Rows& rows, long k, int band) {
  if constexpr (kBand > 0) band = kBand;
  const float* __restrict share = rows.link + k * band * kLanes;
  float* __restrict series = rows.series + k * kLanes;
  float* __restrict own = rows.covariance + k * band * kLanes;
  const float* __restrict inverse = rows.inverse_pivot + k * kLanes;
  const float* __restrict earlier_series = rows.series + (k - band) * kLanes;
  const float* __restrict earlier = rows.covariance + (k - band) * band * kLanes;
  for (int lane = 0; lane < kLanes; ++lane) {
    float value = series[lane];
    float variance = inverse[lane];
#pragma GCC unroll 8
    for (int j = 0; j < band; ++j) {  // with date k - 1 - j
      value += share[j * kLanes + lane] * earlier_series[(band - 1 - j) * kLanes + lane];
      float covariance = 0.0F;
#pragma GCC unroll 8
      for (int i = 0; i < band; ++i) {
        const int later = i < j ? i : j, step = i < j ? j - i : i - j;
        covariance += share[i * kLanes + lane] * earlier[((band - 1 - later) * band + step) * kLanes + lane];
      }
      variance += share[j * kLanes + lane] * covariance;
      if (j + 1 < band) own[(j + 1) * kLanes + lane] = covariance;
    }
    series[lane] = value;
    own[lane] = variance;
  }
}

template <int kBand>
FW_INLINE void SolveBanded(const Rows& rows, int dates, int band) {
  for (int k = dates - 1; k >= 1; --k) Eliminate<kBand>(rows, k, band);
  for (int k = 1; k < dates; ++k) Substitute<kBand>(rows, k, band);
}

FW_VECTOR_CLONES void SolveGraph(const Rows& rows, int dates, int band) {
  switch (band) {
    case 1: return SolveBanded<1>(rows, dates, band);
    case 2: return SolveBanded<2>(rows, dates, band);
    case 3: return SolveBanded<3>(rows, dates, band);
    case 4: return SolveBanded<4>(rows, dates, band);
    case 5: return SolveBanded<5>(rows, dates, band);
    case 6: return SolveBanded<6>(rows, dates, band);
    default: return SolveBanded<0>(rows, dates, band);
  }
}

FW_VECTOR_CLONES void AssembleGraph(const Network& network, const float* phases, const float* weights,
                                    const Rows& rows, int band) {
  for (size_t m = 0; m < network.edges.size(); ++m) {
    const auto [first, second] = network.edges[m];
    const float* __restrict phase = phases + m * kLanes;
    const float* __restrict weight = weights + m * kLanes;
    float* __restrict link = rows.link + (static_cast<long>(second) * band + (second - first - 1)) * kLanes;
    float* __restrict load1 = rows.load + static_cast<long>(first) * kLanes;
    float* __restrict load2 = rows.load + static_cast<long>(second) * kLanes;
    for (int lane = 0; lane < kLanes; ++lane) {
      const float pull = weight[lane] * phase[lane];
      link[lane] += weight[lane];
      load1[lane] -= pull;
      load2[lane] += pull;
    }
  }
}

/// Sums over the pairs of one group.
struct Sums {
  alignas(64) float squares[kLanes] = {};
  alignas(64) float cosine[kLanes] = {};
  alignas(64) float sine[kLanes] = {};
  alignas(64) float pairs[kLanes] = {};
};

/// Residuals of all pairs. Cosine and sine from those of the half angle, which Taylor series give to 1e-6.
FW_VECTOR_CLONES void SumResiduals(const Network& network, const float* phases, const float* weights,
                                   const float* series, Sums& sums) {
  constexpr float kInverseTwoPi = static_cast<float>(1.0 / kTwoPi), kTwoPiF = static_cast<float>(kTwoPi);
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding and subtracting it rounds to the nearest integer
  for (size_t m = 0; m < network.edges.size(); ++m) {
    const auto [first, second] = network.edges[m];
    const float* __restrict phase = phases + m * kLanes;
    const float* __restrict weight = weights + m * kLanes;
    const float* __restrict series1 = series + static_cast<long>(first) * kLanes;
    const float* __restrict series2 = series + static_cast<long>(second) * kLanes;
    for (int lane = 0; lane < kLanes; ++lane) {
      const float residual = phase[lane] - (series2[lane] - series1[lane]);
      const float cycles = (residual * kInverseTwoPi + kRound) - kRound;
      const float half = 0.5F * (residual - kTwoPiF * cycles), h2 = half * half;
      const float s = half * (1.0F + h2 * (-1.0F / 6 + h2 * (1.0F / 120 + h2 * (-1.0F / 5040 + h2 * (1.0F / 362880 -
                              h2 * (1.0F / 39916800))))));
      const float c = 1.0F + h2 * (-0.5F + h2 * (1.0F / 24 + h2 * (-1.0F / 720 + h2 * (1.0F / 40320 +
                             h2 * (-1.0F / 3628800 + h2 * (1.0F / 479001600))))));
      const float here = weight[lane] > 0.0F ? 1.0F : 0.0F;
      sums.squares[lane] += weight[lane] * residual * residual;
      sums.cosine[lane] += here * (1.0F - 2.0F * s * s);
      sums.sine[lane] += here * (2.0F * s * c);
      sums.pairs[lane] += here;
    }
  }
}

}  // namespace

LaneSystem::LaneSystem(const Network& network)
    : network_(network), dates_(static_cast<int>(network.dates.size())), band_(std::max(1, network.bandwidth)) {
  const size_t rows = static_cast<size_t>(dates_ + band_) * kLanes;
  phase_.assign(network.edges.size() * kLanes, 0.0F);
  weight_.assign(network.edges.size() * kLanes, 0.0F);
  link_.assign(rows * band_, 0.0F);
  load_.assign(rows, 0.0F);
  inverse_pivot_.assign(rows, 0.0F);
  series_.assign(rows, 0.0F);
  covariance_.assign(rows * band_, 0.0F);
}

void LaneSystem::Solve() {
  std::fill(link_.begin(), link_.end(), 0.0F);
  std::fill(load_.begin(), load_.end(), 0.0F);
  const Rows rows{link_.data() + Row(0) * band_, load_.data() + Row(0), inverse_pivot_.data() + Row(0),
                  series_.data() + Row(0), covariance_.data() + Row(0) * band_};
  AssembleGraph(network_, phase_.data(), weight_.data(), rows, band_);
  SolveGraph(rows, dates_, band_);
  Sums sums;
  SumResiduals(network_, phase_.data(), weight_.data(), rows.series, sums);
  for (int lane = 0; lane < kLanes; ++lane) {
    const float resultant = std::hypot(sums.cosine[lane], sums.sine[lane]);
    temporal_coherence_[lane] = std::min(1.0F, resultant / std::max(1.0F, sums.pairs[lane]));
    weighted_squares_[lane] = sums.squares[lane];
    pairs_used_[lane] = sums.pairs[lane];
  }
}

}  // namespace fringewatch::unwrapper
