#include "common/service/backends.h"

#include <fstream>
#include <sstream>

namespace fringewatch::service {
namespace {

bool IsHostAndPort(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == address.size()) return false;
  const std::string port = address.substr(colon + 1);
  return port.size() <= 5 && port.find_first_not_of("0123456789") == std::string::npos && std::stoi(port) <= 65535;
}

StatusOr<std::string> ReadSecret(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return Error(Fault::kNotReadable, "{}: the file that redis.password_file names cannot be read", path);
  std::string secret = text.str();
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  if (secret.empty()) return Error(Fault::kBadOption, "{}: the password file is empty", path);
  return secret;
}

}  // namespace

void Declare(Settings& settings, RedisSettings& redis) {
  settings.Add("redis.address", redis.address, "Redis, host:port");
  settings.Add("redis.user", redis.user, "ACL user; empty = the default user");
  settings.Add("redis.password_file", redis.password_file, "File that holds the password; empty = none");
  settings.Add("redis.prefix", redis.prefix, "Every key in Redis starts with this");
  settings.Add("redis.lease_s", redis.lease_s, "A claimed task returns to the queue after this, without heartbeats");
  settings.Add("redis.max_attempts", redis.max_attempts, "Attempts of a task before it becomes a dead letter");
  settings.Add("redis.ready_window", redis.ready_window, "Tasks of a line that lie ready; the others wait in turn");
  settings.Check([&redis] {
    std::vector<std::string> wrong;
    if (!IsHostAndPort(redis.address)) {
      wrong.push_back(fmt::format("redis.address '{}' is not host:port", redis.address));
    }
    if (redis.prefix.empty()) wrong.emplace_back("redis.prefix is empty: keys of others would be touched");
    if (!(redis.lease_s >= 1 && redis.lease_s <= 86'400)) wrong.emplace_back("redis.lease_s must be 1 to 86400");
    if (redis.max_attempts < 1) wrong.emplace_back("redis.max_attempts must be at least 1");
    if (redis.ready_window < 1) wrong.emplace_back("redis.ready_window must be at least 1");
    if (!redis.user.empty() && redis.password_file.empty()) {
      wrong.emplace_back("redis.user is set but redis.password_file is not");
    }
    return wrong;
  });
}

StatusOr<std::unique_ptr<Queue>> OpenQueue(const RedisSettings& redis) {
  RedisOptions options{.address = redis.address, .user = redis.user, .password = {}, .prefix = redis.prefix};
  options.ready_window = redis.ready_window;
  if (!redis.password_file.empty()) {
    FW_ASSIGN_OR_RETURN(options.password, ReadSecret(redis.password_file));
  }
  const QueueOptions queue{.lease = std::chrono::milliseconds(static_cast<long>(redis.lease_s * 1000)),
                           .max_attempts = redis.max_attempts};
  return OpenRedisQueue(queue, options);
}

void Declare(Settings& settings, LogSettings& log) {
  settings.Add("log.level", log.level, "debug, info, warning or error");
  settings.Add("log.metrics_listen", log.metrics_listen, "host:port of /metrics; port 0 = any; empty = none");
  settings.Check([&log] {
    std::vector<std::string> wrong;
    if (log.level != "debug" && log.level != "info" && log.level != "warning" && log.level != "error") {
      wrong.push_back(fmt::format("log.level '{}' is not debug, info, warning or error", log.level));
    }
    if (!log.metrics_listen.empty() && !IsHostAndPort(log.metrics_listen)) {
      wrong.push_back(fmt::format("log.metrics_listen '{}' is not host:port", log.metrics_listen));
    }
    return wrong;
  });
}

void Declare(Settings& settings, SourceSettings& sources) {
  settings.Add("sources.roots", sources.roots,
               "Folders or /vsis3/ prefixes that sources may lie in; none = any folder");
  settings.Add("sources.max_rows", sources.max_rows, "Rows, and columns, that a raster may have");
  settings.Add("sources.max_raster_gib", sources.max_raster_gib, "Size that a raster may have, decompressed");
  settings.Check([&sources] {
    std::vector<std::string> wrong;
    for (const std::string& root : sources.roots) {
      if (!root.starts_with('/')) wrong.push_back(fmt::format("sources.roots: '{}' is not an absolute path", root));
    }
    if (sources.max_rows < 1) wrong.emplace_back("sources.max_rows must be at least 1");
    if (!(sources.max_raster_gib > 0)) wrong.emplace_back("sources.max_raster_gib must be above 0");
    return wrong;
  });
}

}  // namespace fringewatch::service
