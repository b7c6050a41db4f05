/// Logs as JSON lines on stderr: ts, level, component, msg, and the fields of the call.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace fringewatch::service {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// Names and values beside the message: {"run_id", "12ab"}, {"attempt", "2"}. Never a token or password.
using LogFields = std::vector<std::pair<std::string, std::string>>;

/// Call once, before the first Log. `level`: debug, info, warning, error. gRPC's own lines come as JSON from then on.
void StartLog(const std::string& component, const std::string& level);

/// Thread-safe; one line per call, whatever bytes the texts hold.
void Log(LogLevel level, const std::string& message, const LogFields& fields = {});

}  // namespace fringewatch::service
