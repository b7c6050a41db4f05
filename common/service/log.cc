#include "common/service/log.h"

#include <fmt/format.h>
#include <grpc/support/log.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>

#include "common/base/utc_text.h"

namespace fringewatch::service {
namespace {

struct Journal {
  std::string component = "fringewatch";
  std::shared_ptr<spdlog::logger> lines = MakeLines();

  static std::shared_ptr<spdlog::logger> MakeLines() {
    auto logger = std::make_shared<spdlog::logger>("fringewatch", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%v");
    return logger;
  }
};

/// Never destroyed: threads may log while the process ends.
Journal& TheJournal() {
  static Journal* journal = new Journal;
  return *journal;
}

spdlog::level::level_enum LevelOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarning: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
  }
  return spdlog::level::err;
}

const char* NameOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarning: return "warning";
    case LogLevel::kError: return "error";
  }
  return "error";
}

void LogOfGrpc(gpr_log_func_args* entry) {
  const LogLevel level = entry->severity == GPR_LOG_SEVERITY_ERROR  ? LogLevel::kError
                         : entry->severity == GPR_LOG_SEVERITY_INFO ? LogLevel::kInfo
                                                                    : LogLevel::kDebug;
  Log(level, entry->message, {{"from", "grpc"}, {"place", fmt::format("{}:{}", entry->file, entry->line)}});
}

}  // namespace

void StartLog(const std::string& component, const std::string& level) {
  Journal& journal = TheJournal();
  journal.component = component;
  const auto chosen = spdlog::level::from_str(level);
  // from_str answers "off" to what it does not know: better too much than silence.
  journal.lines->set_level(chosen == spdlog::level::off ? spdlog::level::info : chosen);
  gpr_set_log_function(LogOfGrpc);
}

void Log(LogLevel level, const std::string& message, const LogFields& fields) {
  Journal& journal = TheJournal();
  if (!journal.lines->should_log(LevelOf(level))) return;
  nlohmann::ordered_json line;
  line["ts"] = UtcText(std::chrono::system_clock::now());
  line["level"] = NameOf(level);
  line["component"] = journal.component;
  line["msg"] = message;
  for (const auto& [name, value] : fields) line[line.contains(name) ? name + "_" : name] = value;
  journal.lines->log(LevelOf(level), "{}", line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

}  // namespace fringewatch::service
