/// A real redis-server of a test's own: on a free port of 127.0.0.1, with a folder of its own, gone with the test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "common/queue/redis_connection.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch {

struct RedisServerOptions {
  bool append_only = false;            ///< every command is on disk before it is answered
  std::string password;                ///< of the default user
  std::vector<std::string> arguments;  ///< more, as on the command line
};

class RedisServer {
 public:
  /// Whether redis-server can be started here; tests that need it skip loudly when not.
  static bool Installed();

  explicit RedisServer(RedisServerOptions options = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  /// host:port; the same after a restart.
  [[nodiscard]] std::string address() const;
  [[nodiscard]] int port() const { return port_; }
  /// Returns when the server answers.
  void Start();
  void Stop();  ///< SIGTERM, waits for the end
  void Kill();  ///< SIGKILL, likewise
  /// As the default user; a failure is one of the test.
  RedisValue Command(const std::vector<std::string>& command);
  /// The log of the server, for messages of failed tests.
  [[nodiscard]] std::string Log() const;

 private:
  void End(int signal);
  bool Launch();

  const RedisServerOptions options_;
  TemporaryFolder folder_;
  int port_ = 0;
  pid_t pid_ = 0;
  std::unique_ptr<RedisClient> client_;
};

/// Lets `time` pass for a queue with the standard prefix: leases run out and waiting tasks grow older.
void PassRedisTime(RedisServer& server, std::chrono::milliseconds time);

}  // namespace fringewatch
