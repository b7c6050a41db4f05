/// The graph of a stack: acquisitions are nodes, interferograms are edges.
#pragma once

#include <vector>

#include "common/stack/track.h"

namespace fringewatch {

/// An interferogram as indices into the sorted dates; first < second.
struct Edge {
  int first = 0;
  int second = 0;
};

/// Three pairs that close: (i, j), (j, k), (i, k), as indices into the pairs.
struct Triplet {
  int pair_ij = 0;
  int pair_jk = 0;
  int pair_ik = 0;
};

/// Dates, edges and triplets of a list of pairs.
struct Network {
  std::vector<Date> dates;   ///< sorted, unique
  std::vector<double> days;  ///< days of each date since dates[0]
  std::vector<Edge> edges;   ///< one per pair, same order
  std::vector<Triplet> triplets;
  std::vector<int> subset;  ///< connected subset of each date, 0 for the one of dates[0]
  int subsets = 0;          ///< number of connected subsets
  int bandwidth = 0;        ///< largest second - first: half bandwidth of the normal matrix
};

[[nodiscard]] Network BuildNetwork(const std::vector<Pair>& pairs);

}  // namespace fringewatch
