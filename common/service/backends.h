/// The settings that all services share, and what they open.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/queue/queue.h"
#include "common/service/settings.h"
#include "common/store/store.h"

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

struct LogSettings {
  std::string level = "info";
  std::string metrics_listen = "127.0.0.1:0";  ///< /metrics; empty = none
};
void Declare(Settings& settings, LogSettings& log);

/// Which sources may be opened, and how large they may be.
struct SourceSettings {
  std::vector<std::string> roots;  ///< folders or /vsis3/ prefixes; empty = any local folder, said loudly
  long max_rows = 100'000;         ///< of a raster, likewise columns
  double max_raster_gib = 16;      ///< of one raster, decompressed
};
void Declare(Settings& settings, SourceSettings& sources);

}  // namespace fringewatch::service
