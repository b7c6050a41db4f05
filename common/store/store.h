/// Artifacts: immutable bytes under a key, written once, whole or not at all.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"

namespace fringewatch {

/// Keys are relative paths such as "detect/<task_id>.json". Thread-safe, process-safe.
class Store {
 public:
  virtual ~Store() = default;
  /// Writes unless the key exists; an existing artifact is left as it is. Durable and visible as a whole on return.
  /// \error kNotWritable; kServiceAway when the store is not there now.
  [[nodiscard]] virtual Status PutIfAbsent(const std::string& key, const std::string& bytes) = 0;
  /// \error kNotReadable when absent; kChecksumMismatch when the bytes are not those that were put; kForbidden, or
  /// kServiceAway when the store is not there now: no word about the key.
  [[nodiscard]] virtual StatusOr<std::string> Get(const std::string& key) const = 0;
  [[nodiscard]] virtual bool Exists(const std::string& key) const = 0;
  /// Keys that start with `prefix`, sorted. \error kForbidden, kServiceAway: never an empty list instead.
  [[nodiscard]] virtual StatusOr<std::vector<std::string>> List(const std::string& prefix) const = 0;
};

/// Artifacts as files below `root` (created when missing). \error kNotWritable
[[nodiscard]] StatusOr<std::unique_ptr<Store>> OpenLocalStore(const std::string& root);
/// Artifacts in memory, for tests and throw-away runs.
[[nodiscard]] std::unique_ptr<Store> OpenMemoryStore();

}  // namespace fringewatch
