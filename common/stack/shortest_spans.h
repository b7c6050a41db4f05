/// Which pairs of acquisitions at equal intervals a network is usually made of.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "common/stack/network.h"

namespace fringewatch {

/// The `pairs` shortest spans between `epochs` acquisitions, the earlier ones where not all of one length are needed,
/// none longer than `longest` intervals. Sorted by first, then by second acquisition.
inline std::vector<Edge> ShortestSpans(int epochs, int pairs, int longest = std::numeric_limits<int>::max()) {
  std::vector<Edge> edges;
  for (int span = 1; span < epochs && span <= longest; ++span) {
    for (int i = 0; i + span < epochs && static_cast<int>(edges.size()) < pairs; ++i) edges.push_back({i, i + span});
  }
  std::sort(edges.begin(), edges.end(),
            [](const Edge& a, const Edge& b) { return a.first != b.first ? a.first < b.first : a.second < b.second; });
  return edges;
}

/// Pairs of acquisitions `interval_days` apart, from a day that stands for any.
inline std::vector<Pair> PairsAtIntervals(const std::vector<Edge>& edges, int interval_days) {
  constexpr int kFirstDay = 18000;
  std::vector<Pair> pairs;
  for (const auto& [first, second] : edges) {
    pairs.push_back({Date{kFirstDay + interval_days * first}, Date{kFirstDay + interval_days * second}});
  }
  return pairs;
}

}  // namespace fringewatch
