/// The middle of many numbers.
#pragma once

#include <algorithm>
#include <vector>

namespace fringewatch::unwrapper {

/// The value with as many below as above; of an even number the upper of the two. `values` not empty, no NaN;
/// reordered.
template <typename T>
[[nodiscard]] T MedianOf(std::vector<T>& values) {
  const auto middle = values.begin() + static_cast<long>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace fringewatch::unwrapper
