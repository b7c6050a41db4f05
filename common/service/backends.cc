#include "common/service/backends.h"

#include <fstream>
#include <sstream>

#include "common/base/host_port.h"

namespace fringewatch::service {
namespace {

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
    if (!ParseHostPort(redis.address)) {
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

void Declare(Settings& settings, StoreSettings& store) {
  settings.Add("store.uri", store.uri,
               "Runs and artifacts: a folder that all processes share, or /vsis3/bucket/prefix");
  settings.Check([&store]() -> std::vector<std::string> {
    if (!store.uri.empty()) return {};
    return {"store.uri is not set: name the folder that all processes share, or /vsis3/bucket/prefix"};
  });
}

void Declare(Settings& settings, LogSettings& log) {
  settings.Add("log.level", log.level, "debug, info, warning or error");
  settings.Check([&log]() -> std::vector<std::string> {
    if (log.level == "debug" || log.level == "info" || log.level == "warning" || log.level == "error") return {};
    return {fmt::format("log.level '{}' is not debug, info, warning or error", log.level)};
  });
}

void Declare(Settings& settings, MetricsSettings& metrics) {
  settings.Add("metrics.listen", metrics.listen, "host:port of /metrics; port 0 = any; empty = none");
  settings.Check([&metrics]() -> std::vector<std::string> {
    if (metrics.listen.empty() || ParseHostPort(metrics.listen)) return {};
    return {fmt::format("metrics.listen '{}' is not host:port", metrics.listen)};
  });
}

}  // namespace fringewatch::service
