#include "common/base/utc_text.h"

#include <fmt/chrono.h>

namespace fringewatch {

std::string UtcText(std::chrono::system_clock::time_point time) {
  const auto whole = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto second = std::chrono::floor<std::chrono::seconds>(whole);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03d}Z", second, (whole - second).count());
}

}  // namespace fringewatch
