#include "common/io/open_store.h"

#include "common/io/files.h"
#include "common/io/vsi.h"
#include "common/store/artifact.h"
#include "common/store/key.h"

namespace fringewatch::io {
namespace {

/// Artifacts as objects of an object store. See OpenStore for what two writers of one key do.
class ObjectStore final : public Store {
 public:
  explicit ObjectStore(std::string root) : root_(std::move(root)) {}

  Status PutIfAbsent(const std::string& key, const std::string& bytes) override {
    FW_RETURN_IF_ERROR(CheckKey(key));
    const std::string path = JoinPath(root_, key);
    const StatusOr<bool> exists = ObjectExists(path);
    // Who may not list a bucket is refused what is absent: then the writing itself decides.
    if (!exists.ok() && exists.status().code() != CodeOf(Fault::kForbidden)) return exists.status();
    if (exists.ok() && *exists) return {};
    return WriteObject(path, ArtifactHeader(bytes), bytes);
  }

  StatusOr<std::string> Get(const std::string& key) const override {
    FW_RETURN_IF_ERROR(CheckKey(key));
    const std::string path = JoinPath(root_, key);
    FW_ASSIGN_OR_RETURN(std::string artifact, ReadObject(path));
    return ArtifactContent(std::move(artifact), path);
  }

  bool Exists(const std::string& key) const override {
    if (!CheckKey(key).ok()) return false;
    const StatusOr<bool> exists = ObjectExists(JoinPath(root_, key));
    return exists.ok() && *exists;
  }

  StatusOr<std::vector<std::string>> List(const std::string& prefix) const override {
    // Only the folder of the prefix is asked for: a store holds every run there ever was.
    const size_t slash = prefix.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : prefix.substr(0, slash);
    if (!folder.empty()) FW_RETURN_IF_ERROR(CheckKey(folder));
    FW_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                        ListObjects(folder.empty() ? root_ : JoinPath(root_, folder)));
    std::vector<std::string> keys;
    for (const std::string& name : names) {
      std::string key = folder.empty() ? name : JoinPath(folder, name);
      if (key.starts_with(prefix)) keys.push_back(std::move(key));
    }
    return keys;
  }

 private:
  std::string root_;
};

}  // namespace

StatusOr<std::unique_ptr<Store>> OpenStore(const std::string& uri) {
  if (!IsVirtualPath(uri)) return OpenLocalStore(uri);
  if (!IsObjectStore(uri)) {
    return Error(Fault::kBadOption,
                 "store '{}': a store is a local folder, /vsis3/BUCKET/..., /vsigs/..., /vsiaz/... or /vsioss/...",
                 uri);
  }
  std::string root = uri;
  while (root.ends_with('/')) root.pop_back();
  if (const Status status = CheckReachable(root); !status.ok()) return Annotate(status, "store " + uri);
  return std::make_unique<ObjectStore>(std::move(root));
}

}  // namespace fringewatch::io
