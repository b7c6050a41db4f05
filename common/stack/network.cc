#include "common/stack/network.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace fringewatch {
namespace {

/// Labels dates by connected subset; subsets are numbered by their earliest date.
std::vector<int> LabelSubsets(size_t dates, const std::vector<Edge>& edges) {
  std::vector<int> parent(dates);
  std::iota(parent.begin(), parent.end(), 0);
  const auto root = [&parent](int node) {
    while (parent[node] != node) node = parent[node] = parent[parent[node]];
    return node;
  };
  for (const Edge& edge : edges) {
    const int a = root(edge.first), b = root(edge.second);
    parent[std::max(a, b)] = std::min(a, b);
  }
  std::map<int, int> number;
  std::vector<int> subset(dates);
  for (size_t d = 0; d < dates; ++d) {
    subset[d] = number.emplace(root(static_cast<int>(d)), static_cast<int>(number.size())).first->second;
  }
  return subset;
}

}  // namespace

std::vector<Date> DatesOf(const std::vector<Pair>& pairs) {
  std::vector<Date> dates;
  for (const Pair& pair : pairs) {
    dates.push_back(pair.date1);
    dates.push_back(pair.date2);
  }
  std::sort(dates.begin(), dates.end());
  dates.erase(std::unique(dates.begin(), dates.end()), dates.end());
  return dates;
}

Network BuildNetwork(const std::vector<Pair>& pairs) {
  Network network;
  network.dates = DatesOf(pairs);
  for (const Date date : network.dates) network.days.push_back(DaysBetween(network.dates.front(), date));
  const auto index = [&network](Date date) {
    return static_cast<int>(std::lower_bound(network.dates.begin(), network.dates.end(), date) - network.dates.begin());
  };
  std::map<std::pair<int, int>, int> pair_of;
  for (const Pair& pair : pairs) {
    const Edge edge{index(pair.date1), index(pair.date2)};
    pair_of.emplace(std::pair(edge.first, edge.second), static_cast<int>(network.edges.size()));
    network.edges.push_back(edge);
    network.bandwidth = std::max(network.bandwidth, edge.second - edge.first);
  }
  for (const auto& [ij, pair_ij] : pair_of) {
    for (auto jk = pair_of.lower_bound({ij.second, 0}); jk != pair_of.end() && jk->first.first == ij.second; ++jk) {
      const auto ik = pair_of.find({ij.first, jk->first.second});
      if (ik != pair_of.end()) network.triplets.push_back({pair_ij, jk->second, ik->second});
    }
  }
  network.subset = LabelSubsets(network.dates.size(), network.edges);
  network.subsets = network.subset.empty() ? 0 : *std::max_element(network.subset.begin(), network.subset.end()) + 1;
  return network;
}

}  // namespace fringewatch
