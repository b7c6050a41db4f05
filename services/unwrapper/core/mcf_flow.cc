#include "services/unwrapper/core/mcf_flow.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

namespace fringewatch::unwrapper {
namespace {

constexpr int64_t kUnreached = std::numeric_limits<int64_t>::max();
enum Direction : int8_t { kDown, kUp, kRight, kLeft, kNowhere };

/// Loops of a raster of rows x cols pixels, with a ring around them that stands for the outside: moving along the
/// ring is free. Node (i, j), i in [0, rows], j in [0, cols]; loop (r, c) is node (r + 1, c + 1).
class LoopGrid {
 public:
  LoopGrid(const Array2<int>& charge, const StepCosts& costs);
  void Solve();
  [[nodiscard]] StepCycles Cycles(const StepCosts& costs) const;

 private:
  /// Flow and costs across one side shared by two nodes; forward is down or right.
  struct Side {
    int32_t forward = 0, backward = 0;
    int32_t flow = 0;
    [[nodiscard]] int64_t Forward() const { return flow >= 0 ? forward : -backward; }
    [[nodiscard]] int64_t Backward() const { return flow <= 0 ? backward : -forward; }
  };
  struct Arc {
    Side* side;
    int to;
    int64_t cost;
  };
  [[nodiscard]] Arc ArcFrom(int node, int direction);
  [[nodiscard]] int Search(int source);
  void Relax(int node);
  void Augment(int source, int sink);
  void ForgetSearch(int64_t sink_distance);

  int rows_, cols_;                   ///< of nodes
  std::vector<Side> below_, beside_;  ///< side to the node below, to the node at the right
  std::vector<int> excess_;
  std::vector<int64_t> potential_, distance_;
  std::vector<int8_t> arrived_by_;
  std::vector<int> touched_;
  std::vector<std::pair<int64_t, int>> heap_;
};

LoopGrid::LoopGrid(const Array2<int>& charge, const StepCosts& costs)
    : rows_(charge.rows + 2),
      cols_(charge.cols + 2),
      below_(static_cast<size_t>(rows_) * cols_),
      beside_(below_.size()),
      excess_(below_.size()),
      potential_(below_.size()),
      distance_(below_.size(), kUnreached),
      arrived_by_(below_.size(), kNowhere) {
  int outside = 0;
  for (int r = 0; r < charge.rows; ++r) {
    for (int c = 0; c < charge.cols; ++c) {
      excess_[(r + 1) * cols_ + c + 1] = charge(r, c);
      outside -= charge(r, c);
    }
  }
  excess_[0] = outside;
  // A cycle added to a step to the right moves a charge from the loop above it to the loop below it; one added to a
  // step down moves a charge from the loop at its right to the loop at its left.
  for (int i = 0; i + 1 < rows_; ++i) {
    for (int j = 1; j + 1 < cols_; ++j) {
      below_[i * cols_ + j] = {costs.right_add(i, j - 1), costs.right_take(i, j - 1)};
    }
  }
  for (int i = 1; i + 1 < rows_; ++i) {
    for (int j = 0; j + 1 < cols_; ++j) {
      beside_[i * cols_ + j] = {costs.down_take(i - 1, j), costs.down_add(i - 1, j)};
    }
  }
}

LoopGrid::Arc LoopGrid::ArcFrom(int node, int direction) {
  switch (direction) {
    case kDown: return {&below_[node], node + cols_, below_[node].Forward()};
    case kUp: return {&below_[node - cols_], node - cols_, below_[node - cols_].Backward()};
    case kRight: return {&beside_[node], node + 1, beside_[node].Forward()};
    default: return {&beside_[node - 1], node - 1, beside_[node - 1].Backward()};
  }
}

void LoopGrid::Relax(int node) {
  const int row = node / cols_, col = node % cols_;
  const std::array<bool, 4> exists = {row + 1 < rows_, row > 0, col + 1 < cols_, col > 0};
  for (int direction = 0; direction < 4; ++direction) {
    if (!exists[direction]) continue;
    const Arc arc = ArcFrom(node, direction);
    const int64_t distance = distance_[node] + arc.cost + potential_[node] - potential_[arc.to];
    if (distance >= distance_[arc.to]) continue;
    if (distance_[arc.to] == kUnreached) touched_.push_back(arc.to);
    distance_[arc.to] = distance;
    arrived_by_[arc.to] = static_cast<int8_t>(direction);
    heap_.emplace_back(distance, arc.to);
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
  }
}

/// Dijkstra from `source` to the nearest node with a deficit, which is returned.
int LoopGrid::Search(int source) {
  heap_.assign(1, {0, source});
  touched_.assign(1, source);
  distance_[source] = 0;
  while (true) {
    const auto [distance, node] = heap_.front();
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    heap_.pop_back();
    if (distance > distance_[node]) continue;
    if (excess_[node] < 0) return node;
    Relax(node);
  }
}

void LoopGrid::Augment(int source, int sink) {
  constexpr std::array<int, 4> kOpposite = {kUp, kDown, kLeft, kRight};
  for (int node = sink; node != source;) {
    const int direction = arrived_by_[node];
    const Arc back = ArcFrom(node, kOpposite[direction]);
    back.side->flow += direction == kDown || direction == kRight ? 1 : -1;
    node = back.to;
  }
  --excess_[source];
  ++excess_[sink];
}

void LoopGrid::ForgetSearch(int64_t sink_distance) {
  for (const int node : touched_) {
    if (distance_[node] < sink_distance) potential_[node] += distance_[node] - sink_distance;
    distance_[node] = kUnreached;
  }
}

void LoopGrid::Solve() {
  for (int node = 0; node < static_cast<int>(excess_.size()); ++node) {
    while (excess_[node] > 0) {
      const int sink = Search(node);
      Augment(node, sink);
      ForgetSearch(distance_[sink]);
    }
  }
}

StepCycles LoopGrid::Cycles(const StepCosts& costs) const {
  StepCycles cycles;
  cycles.right = Array2<int>(costs.right_add.rows, costs.right_add.cols);
  cycles.down = Array2<int>(costs.down_add.rows, costs.down_add.cols);
  const auto price = [](const Side& side) -> int64_t {
    return side.flow >= 0 ? static_cast<int64_t>(side.flow) * side.forward
                          : -static_cast<int64_t>(side.flow) * side.backward;
  };
  for (int r = 0; r < cycles.right.rows; ++r) {
    for (int c = 0; c < cycles.right.cols; ++c) {
      const Side& side = below_[r * cols_ + c + 1];
      cycles.right(r, c) = side.flow;
      cycles.cost += price(side);
    }
  }
  for (int r = 0; r < cycles.down.rows; ++r) {
    for (int c = 0; c < cycles.down.cols; ++c) {
      const Side& side = beside_[(r + 1) * cols_ + c];
      cycles.down(r, c) = -side.flow;
      cycles.cost += price(side);
    }
  }
  return cycles;
}

}  // namespace

StepCycles CheapestCycles(const Array2<int>& charge, const StepCosts& costs) {
  LoopGrid grid(charge, costs);
  grid.Solve();
  return grid.Cycles(costs);
}

}  // namespace fringewatch::unwrapper
