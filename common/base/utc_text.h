/// Instants as texts for logs, records and messages.
#pragma once

#include <chrono>
#include <string>

namespace fringewatch {

/// "2026-11-21T15:04:05.123Z"
[[nodiscard]] std::string UtcText(std::chrono::system_clock::time_point time);

}  // namespace fringewatch
