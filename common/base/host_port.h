/// Addresses of the form host:port.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fringewatch {

struct HostPort {
  std::string host;  ///< as it was written: "redis", "127.0.0.1", "[::1]"
  int port = 0;
};

/// None for any other text: no host, or a port that is not a decimal number from 0 to 65535.
[[nodiscard]] std::optional<HostPort> ParseHostPort(std::string_view text);

}  // namespace fringewatch
