/// Star-mesh elimination, back substitution, selected inverse and residuals as plain loops over the lanes, which the
/// compiler turns into vector instructions of the processor at hand.
#include "services/unwrapper/core/sbas_lanes.h"

#include <algorithm>
#include <cmath>

#include "common/base/units.h"
#include "common/base/vector_clones.h"

namespace fringewatch::unwrapper {
namespace {

/// to += a * b. The rows are different ones.
inline __attribute__((always_inline)) void AddProduct(LaneRow& to, const LaneRow& a, const LaneRow& b) {
  float* __restrict t = to.at;
  const float* __restrict p = a.at;
  const float* __restrict q = b.at;
  for (int lane = 0; lane < kLanes; ++lane) t[lane] += p[lane] * q[lane];
}

/// A missing value gets weight 0 and phase 0.
FW_VECTOR_CLONES void LoadLanes(const float* phase_rad, const float* weight, LaneRow& to_phase, LaneRow& to_weight) {
  LaneRow phase, mass;
  for (int lane = 0; lane < kLanes; ++lane) {
    const float p = phase_rad[lane], w = weight[lane];
    const float known = p == p ? w : 0.0F;
    mass[lane] = known > 0.0F ? known : 0.0F;
    phase[lane] = mass[lane] > 0.0F ? p : 0.0F;
  }
  to_phase = phase;
  to_weight = mass;
}

FW_VECTOR_CLONES void AddWeights(const Network& network, const LaneRow* weights, LaneRow* link, int band) {
  for (size_t m = 0; m < network.edges.size(); ++m) {
    const auto [first, second] = network.edges[m];
    float* __restrict to = link[static_cast<long>(second) * band + (second - first - 1)].at;
    const float* __restrict weight = weights[m].at;
    for (int lane = 0; lane < kLanes; ++lane) to[lane] += weight[lane];
  }
}

/// Eliminates the dates from the last to the second: the links of date k (weights w to dates k - 1 to k - band)
/// become shares w / sum w, and its neighbours are linked by w_i w_j / sum w.
FW_VECTOR_CLONES void Eliminate(LaneRow* link, LaneRow* inverse_pivot, int dates, int band) {
  for (long k = dates - 1; k >= 1; --k) {
    LaneRow* own = link + k * band;
    LaneRow pivot;
    for (int i = 0; i < band; ++i) {
      for (int lane = 0; lane < kLanes; ++lane) pivot[lane] += own[i][lane];
    }
    LaneRow inverse;
    for (int lane = 0; lane < kLanes; ++lane) {
      const float safe = pivot[lane] > 0.0F ? pivot[lane] : 1.0F;
      inverse[lane] = pivot[lane] > 0.0F ? 1.0F / safe : 0.0F;
    }
    inverse_pivot[k] = inverse;
    for (int i = 0; i < band; ++i) {
      LaneRow share;
      for (int lane = 0; lane < kLanes; ++lane) share[lane] = own[i][lane] * inverse[lane];
      LaneRow* earlier = link + (k - 1 - i) * band;
      for (int j = i + 1; j < band; ++j) AddProduct(earlier[j - i - 1], share, own[j]);
      own[i] = share;
    }
  }
}

/// Solves for the loads (which it overwrites): they pass to earlier dates by share, then the values come back.
FW_VECTOR_CLONES void Substitute(const LaneRow* share, const LaneRow* inverse_pivot, LaneRow* load, LaneRow* value,
                                 int dates, int band) {
  for (long k = dates - 1; k >= 1; --k) {
    const LaneRow own = load[k];
    for (int i = 0; i < band; ++i) AddProduct(load[k - 1 - i], share[k * band + i], own);
  }
  for (long k = 1; k < dates; ++k) {
    LaneRow sum;
    AddProduct(sum, load[k], inverse_pivot[k]);
    for (int i = 0; i < band; ++i) AddProduct(sum, share[k * band + i], value[k - 1 - i]);
    value[k] = sum;
  }
}

/// The inverse normal matrix inside the band (Takahashi's recursion), sums of positive terms only.
FW_VECTOR_CLONES void InvertInBand(const LaneRow* share, const LaneRow* inverse_pivot, LaneRow* covariance, int dates,
                                   int band) {
  for (long k = 1; k < dates; ++k) {
    const LaneRow* own_share = share + k * band;
    LaneRow* own = covariance + k * band;
    LaneRow variance = inverse_pivot[k];
    for (int j = 0; j < band; ++j) {  // with date k - 1 - j
      LaneRow sum;
      for (int i = 0; i < band; ++i) {
        const int later = std::min(i, j), step = std::max(i, j) - later;
        AddProduct(sum, own_share[i], covariance[(k - 1 - later) * band + step]);
      }
      AddProduct(variance, own_share[j], sum);
      if (j + 1 < band) own[j + 1] = sum;
    }
    own[0] = variance;
  }
}

/// Loads of the residuals phase - (series2 - series1).
FW_VECTOR_CLONES void LoadResiduals(const Network& network, const LaneRow* phases, const LaneRow* weights,
                                    const LaneRow* series, LaneRow* load) {
  for (size_t m = 0; m < network.edges.size(); ++m) {
    const auto [first, second] = network.edges[m];
    const float* __restrict phase = phases[m].at;
    const float* __restrict weight = weights[m].at;
    const float* __restrict series1 = series[first].at;
    const float* __restrict series2 = series[second].at;
    float* __restrict load1 = load[first].at;
    float* __restrict load2 = load[second].at;
    for (int lane = 0; lane < kLanes; ++lane) {
      const float pull = weight[lane] * (phase[lane] - (series2[lane] - series1[lane]));
      load1[lane] -= pull;
      load2[lane] += pull;
    }
  }
}

/// Cosine and sine of the residuals come from those of the half angle, which Taylor series give to 1e-6.
FW_VECTOR_CLONES void SumResiduals(const Network& network, const LaneRow* phases, const LaneRow* weights,
                                   const LaneRow* series, LaneSystem::Sums& sums) {
  constexpr float kInverseTwoPi = static_cast<float>(1.0 / kTwoPi), kTwoPiF = static_cast<float>(kTwoPi);
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding and subtracting it rounds to the nearest integer
  LaneRow squares, cosine, sine, pairs;
  for (size_t m = 0; m < network.edges.size(); ++m) {
    const auto [first, second] = network.edges[m];
    const LaneRow &phase = phases[m], &weight = weights[m], &series1 = series[first], &series2 = series[second];
    for (int lane = 0; lane < kLanes; ++lane) {
      const float residual = phase[lane] - (series2[lane] - series1[lane]);
      const float cycles = (residual * kInverseTwoPi + kRound) - kRound;
      const float half = 0.5F * (residual - kTwoPiF * cycles), h2 = half * half;
      const float s =
          half * (1.0F + h2 * (-1.0F / 6 + h2 * (1.0F / 120 +
                                                 h2 * (-1.0F / 5040 + h2 * (1.0F / 362880 - h2 * (1.0F / 39916800))))));
      const float c =
          1.0F +
          h2 * (-0.5F + h2 * (1.0F / 24 + h2 * (-1.0F / 720 + h2 * (1.0F / 40320 + h2 * (-1.0F / 3628800 +
                                                                                         h2 * (1.0F / 479001600))))));
      const float here = weight[lane] > 0.0F ? 1.0F : 0.0F;
      squares[lane] += weight[lane] * residual * residual;
      cosine[lane] += here * (1.0F - 2.0F * s * s);
      sine[lane] += here * (2.0F * s * c);
      pairs[lane] += here;
    }
  }
  sums = {squares, cosine, sine, pairs};
}

}  // namespace

LaneSystem::LaneSystem(const Network& network)
    : network_(network), dates_(static_cast<int>(network.dates.size())), band_(std::max(1, network.bandwidth)) {
  const size_t rows = static_cast<size_t>(dates_) + band_;
  phase_.resize(network.edges.size());
  weight_.resize(network.edges.size());
  link_.resize(rows * band_);
  inverse_pivot_.resize(rows);
  load_.resize(rows);
  series_.resize(rows);
  correction_.resize(rows);
  covariance_.resize(rows * band_);
}

void LaneSystem::Load(size_t pair, const float* phase_rad, const float* weight, int count) {
  if (count == kLanes) return LoadLanes(phase_rad, weight, phase_[pair], weight_[pair]);
  LaneRow part_phase, part_weight;
  std::copy_n(phase_rad, count, part_phase.at);
  std::copy_n(weight, count, part_weight.at);
  LoadLanes(part_phase.at, part_weight.at, phase_[pair], weight_[pair]);
}

void LaneSystem::Solve() {
  constexpr int kRounds = 2;
  LaneRow* link = link_.data() + static_cast<long>(band_) * band_;
  LaneRow* inverse_pivot = inverse_pivot_.data() + band_;
  LaneRow* series = series_.data() + band_;
  std::fill(link_.begin(), link_.end(), LaneRow{});
  std::fill(series_.begin(), series_.end(), LaneRow{});
  AddWeights(network_, weight_.data(), link, band_);
  Eliminate(link, inverse_pivot, dates_, band_);
  for (int round = 0; round < kRounds; ++round) {
    std::fill(load_.begin(), load_.end(), LaneRow{});
    LoadResiduals(network_, phase_.data(), weight_.data(), series, load_.data() + band_);
    Substitute(link, inverse_pivot, load_.data() + band_, correction_.data() + band_, dates_, band_);
    for (int k = 1; k < dates_; ++k) {
      for (int lane = 0; lane < kLanes; ++lane) series[k][lane] += correction_[k + band_][lane];
    }
  }
  InvertInBand(link, inverse_pivot, covariance_.data() + static_cast<long>(band_) * band_, dates_, band_);
  Sums sums;
  SumResiduals(network_, phase_.data(), weight_.data(), series, sums);
  Summarise(sums);
}

void LaneSystem::Summarise(const Sums& sums) {
  weighted_squares_ = sums.squares;
  pairs_used_ = sums.pairs;
  std::fill(connected_.at, connected_.at + kLanes, 1.0F);
  for (int k = 1; k < dates_; ++k) {
    for (int lane = 0; lane < kLanes; ++lane) connected_[lane] *= inverse_pivot(k)[lane] > 0.0F ? 1.0F : 0.0F;
  }
  for (int lane = 0; lane < kLanes; ++lane) {
    const float resultant = std::hypot(sums.cosine[lane], sums.sine[lane]);
    temporal_coherence_[lane] = std::min(1.0F, resultant / std::max(1.0F, sums.pairs[lane]));
    const float redundancy = sums.pairs[lane] - static_cast<float>(dates_ - 1);
    variance_factor_[lane] = redundancy > 0.0F ? sums.squares[lane] / redundancy : 1.0F;
  }
}

}  // namespace fringewatch::unwrapper
