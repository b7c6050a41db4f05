/// Talking to one Redis server: connections, reconnecting, and what its errors mean.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/queue/queue.h"

namespace fringewatch {

/// What Redis answered.
struct RedisValue {
  enum class Type { kNil, kInteger, kText, kList, kError };
  Type type = Type::kNil;
  long integer = 0;
  std::string text;  ///< binary; of kText and kError
  std::vector<RedisValue> items;
};

/// The status of an error answer. \error kNoToken (AUTH refused), kForbidden (ACL), kOutOfMemory, kServiceAway (cannot
/// serve now), kInternal
[[nodiscard]] Status StatusOfRedisError(const RedisValue& error, const std::string& address);

/// Thread-safe: concurrent calls use connections of their own, which are kept for later calls.
class RedisClient {
 public:
  /// \error kBadOption for an address that is not host:port
  [[nodiscard]] static StatusOr<std::unique_ptr<RedisClient>> Create(const RedisOptions& options);
  ~RedisClient();
  RedisClient(const RedisClient&) = delete;
  RedisClient& operator=(const RedisClient&) = delete;

  /// Sends a command and returns its answer; kError only for the prefix NOSCRIPT. A lost connection, or a server that
  /// cannot serve now, is tried again with jittered backoff, for RedisOptions::timeout in all.
  /// \error StatusOfRedisError
  [[nodiscard]] StatusOr<RedisValue> Call(std::vector<std::string> command) { return CallMarked(command, 0); }
  /// The same; when the command is sent again, the first may have been executed: then argument `mark` becomes "1".
  [[nodiscard]] StatusOr<RedisValue> CallMarked(std::vector<std::string>& command, size_t mark);

 private:
  class Connection;
  RedisClient(const RedisOptions& options, std::string host, int port);
  [[nodiscard]] StatusOr<std::unique_ptr<Connection>> Connect();
  [[nodiscard]] std::unique_ptr<Connection> TakeIdle();
  void GiveBack(std::unique_ptr<Connection> connection);
  void DropIdle();
  [[nodiscard]] StatusOr<RedisValue> CallOnce(const std::vector<std::string>& command, bool& sent);

  const RedisOptions options_;
  const std::string host_;
  const int port_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace fringewatch
