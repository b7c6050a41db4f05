/// Artifacts in a map.
#include <map>
#include <mutex>

#include "common/store/key.h"
#include "common/store/store.h"

namespace fringewatch {
namespace {

class MemoryStore final : public Store {
 public:
  Status PutIfAbsent(const std::string& key, const std::string& bytes) override {
    FW_RETURN_IF_ERROR(CheckKey(key));
    const std::lock_guard lock(mutex_);
    artifacts_.emplace(key, bytes);
    return {};
  }

  StatusOr<std::string> Get(const std::string& key) const override {
    FW_RETURN_IF_ERROR(CheckKey(key));
    const std::lock_guard lock(mutex_);
    const auto found = artifacts_.find(key);
    if (found == artifacts_.end()) return Error(Fault::kNotReadable, "artifact {}: not in this store", key);
    return found->second;
  }

  bool Exists(const std::string& key) const override {
    const std::lock_guard lock(mutex_);
    return artifacts_.contains(key);
  }

  StatusOr<std::vector<std::string>> List(const std::string& prefix) const override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> keys;
    for (auto it = artifacts_.lower_bound(prefix); it != artifacts_.end() && it->first.starts_with(prefix); ++it) {
      keys.push_back(it->first);
    }
    return keys;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> artifacts_;
};

}  // namespace

std::unique_ptr<Store> OpenMemoryStore() { return std::make_unique<MemoryStore>(); }

}  // namespace fringewatch
