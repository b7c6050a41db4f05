#include "common/base/host_port.h"

#include <charconv>
#include <system_error>

namespace fringewatch {

std::optional<HostPort> ParseHostPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const std::string_view digits = text.substr(colon + 1);
  int port = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (failure != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (digits.front() == '-' || port > 65535) return std::nullopt;
  return HostPort{.host = std::string(text.substr(0, colon)), .port = port};
}

}  // namespace fringewatch
