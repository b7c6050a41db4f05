/// What a store key may look like, for every implementation.
#pragma once

#include <string_view>

#include "common/base/status.h"

namespace fringewatch {

/// Keys are relative paths of plain names: "detect/ab12.json". No empty name, none that starts with a dot.
/// \error kBadOption
[[nodiscard]] inline Status CheckKey(std::string_view key) {
  size_t begin = 0;
  while (true) {
    const size_t end = std::min(key.find('/', begin), key.size());
    if (end == begin || key[begin] == '.') {
      return Error(Fault::kBadOption, "store key '{}': names between slashes must not be empty nor start with '.'",
                   key);
    }
    if (end == key.size()) return {};
    begin = end + 1;
  }
}

}  // namespace fringewatch
