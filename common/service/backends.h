/// The settings that all services share, and what they open.
#pragma once

#include <memory>
#include <string>

#include "common/queue/queue.h"
#include "common/service/settings.h"

namespace fringewatch::service {

struct RedisSettings {
  std::string address = "127.0.0.1:6379";
  std::string user;
  std::string password_file;
  std::string prefix = "fringewatch:";
  double lease_s = 60;
  int max_attempts = 3;
  int ready_window = 64;
};
void Declare(Settings& settings, RedisSettings& redis);
/// \error kNotReadable (password file), kBadOption.
[[nodiscard]] StatusOr<std::unique_ptr<Queue>> OpenQueue(const RedisSettings& redis);

/// Where runs and artifacts lie. Opened by io::OpenStore.
struct StoreSettings {
  std::string uri;  ///< required
};
void Declare(Settings& settings, StoreSettings& store);

struct LogSettings {
  std::string level = "info";
};
void Declare(Settings& settings, LogSettings& log);

struct MetricsSettings {
  std::string listen = "127.0.0.1:0";  ///< /metrics; empty = none
};
void Declare(Settings& settings, MetricsSettings& metrics);

}  // namespace fringewatch::service
