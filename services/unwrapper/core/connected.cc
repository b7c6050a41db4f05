#include "services/unwrapper/core/connected.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "common/base/units.h"
#include "common/raster/components.h"
#include "services/unwrapper/core/confidence.h"
#include "services/unwrapper/core/median.h"

namespace fringewatch::unwrapper {
namespace {

/// Number of each component by falling size (ties in their order); 0 = too small.
std::vector<float> NumbersBySize(const std::vector<Component>& components) {
  std::vector<size_t> order(components.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return components[a].area_px > components[b].area_px; });
  std::vector<float> numbers(components.size());
  float next = 0;
  for (const size_t i : order) {
    if (components[i].area_px >= kSmallestComponent_px) numbers[i] = ++next;
  }
  return numbers;
}

}  // namespace

Array2<float> ConnectedComponents(const PairRaster& pair, const FlowSolution& solution) {
  Array2<uint8_t> joined = GoodGround(pair, solution);
  for (size_t i = 0; i < joined.size(); ++i) joined.values[i] &= solution.cut.values[i] == 0;
  const Components components = LabelComponents(joined);
  const std::vector<float> numbers = NumbersBySize(components.list);
  Array2<float> answer(joined.rows, joined.cols);
  for (size_t i = 0; i < answer.size(); ++i) {
    const int label = components.labels.values[i];
    if (std::isnan(pair.phase_rad.values[i])) {
      answer.values[i] = kMissing;
    } else if (label > 0) {
      answer.values[i] = numbers[label - 1];
    }
  }
  return answer;
}

Array2<float> CyclesApart(const Array2<float>& phase_rad, const Array2<float>& other_rad) {
  Array2<float> apart(phase_rad.rows, phase_rad.cols, kMissing);
  std::vector<float> known;
  for (size_t i = 0; i < apart.size(); ++i) {
    apart.values[i] = other_rad.values[i] - phase_rad.values[i];
    if (!std::isnan(apart.values[i])) known.push_back(apart.values[i]);
  }
  if (known.empty()) return apart;
  const float common = MedianOf(known);
  for (float& value : apart.values) value = std::nearbyint((value - common) / static_cast<float>(kTwoPi));
  return apart;
}

}  // namespace fringewatch::unwrapper
