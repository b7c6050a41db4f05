#include "common/io/sign_check.h"

#include <array>
#include <cmath>

namespace fringewatch::io {
namespace {

constexpr int kMinSamples = 64;
constexpr double kCloses = 0.8;        // resultant of a triplet that closes
constexpr double kDoesNotClose = 0.5;  // resultant of one that does not

using Samples = std::vector<std::complex<float>>;

// Resultants with the signs as they are, and with ij, jk, ik negated; zeros when too few pixels are common.
std::array<double, 4> Resultants(const Samples& ij, const Samples& jk, const Samples& ik) {
  std::array<std::complex<double>, 4> sums{};
  int count = 0;
  for (size_t s = 0; s < ij.size(); ++s) {
    if (ij[s] == 0.0f || jk[s] == 0.0f || ik[s] == 0.0f) continue;
    const std::complex<float> sum = ij[s] * jk[s], difference = std::conj(ij[s]) * jk[s];
    sums[0] += sum * std::conj(ik[s]);
    sums[1] += difference * std::conj(ik[s]);
    sums[2] += std::conj(difference * ik[s]);
    sums[3] += sum * ik[s];
    ++count;
  }
  std::array<double, 4> resultants{};
  if (count < kMinSamples) return resultants;
  for (size_t h = 0; h < sums.size(); ++h) resultants[h] = std::abs(sums[h]) / count;
  return resultants;
}

}  // namespace

std::vector<SignVote> CheckSignsByClosure(const Network& network, const std::vector<Samples>& samples) {
  std::vector<SignVote> votes(samples.size());
  for (const Triplet& triplet : network.triplets) {
    const std::array<size_t, 3> pairs = {static_cast<size_t>(triplet.pair_ij), static_cast<size_t>(triplet.pair_jk),
                                         static_cast<size_t>(triplet.pair_ik)};
    const auto resultants = Resultants(samples[pairs[0]], samples[pairs[1]], samples[pairs[2]]);
    size_t best = 0;
    int closing = 0;
    for (size_t h = 0; h < resultants.size(); ++h) {
      if (resultants[h] > resultants[best]) best = h;
      if (resultants[h] > kDoesNotClose) ++closing;
    }
    if (closing != 1 || resultants[best] < kCloses) continue;
    if (best == 0) {
      for (const size_t pair : pairs) ++votes[pair].agreeing;
    } else {
      ++votes[pairs[best - 1]].opposing;
    }
  }
  return votes;
}

}  // namespace fringewatch::io
