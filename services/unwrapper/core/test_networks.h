/// Networks and phases with a known truth, for the tests and benchmarks of the time series.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "common/base/random.h"
#include "common/raster/array.h"
#include "common/stack/shortest_spans.h"
#include "tests/support/seed.h"

namespace fringewatch::unwrapper {

/// Network of pairs given as indices of acquisitions 12 days apart.
inline Network NetworkOf(std::vector<Edge> edges) {
  std::sort(edges.begin(), edges.end(),
            [](const Edge& a, const Edge& b) { return std::pair(a.first, a.second) < std::pair(b.first, b.second); });
  return BuildNetwork(PairsAtIntervals(edges, 12));
}

inline double Span_days(const Network& network, size_t pair) {
  return network.days[network.edges[pair].second] - network.days[network.edges[pair].first];
}

/// Phase of every pair from the phase of every date, `phase_of(date, row, col)` in rad.
template <typename PhaseOf>
Array3<float> PairPhases(const Network& network, int rows, int cols, PhaseOf&& phase_of) {
  Array3<float> phase(static_cast<int>(network.edges.size()), rows, cols);
  for (int m = 0; m < phase.planes; ++m) {
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < cols; ++c) {
        phase(m, r, c) =
            static_cast<float>(phase_of(network.edges[m].second, r, c) - phase_of(network.edges[m].first, r, c));
      }
    }
  }
  return phase;
}

}  // namespace fringewatch::unwrapper
