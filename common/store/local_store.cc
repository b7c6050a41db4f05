/// Artifacts as files. An artifact is one file. It is written under a temporary name in the folder of its key, synced,
/// and linked to its name: link(2) fails when the name exists, which makes "put if absent" atomic between processes.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <system_error>

#include "common/store/artifact.h"
#include "common/store/key.h"
#include "common/store/store.h"

namespace fringewatch {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemporary = ".writing-";

Status NotWritable(const fs::path& path, const char* step) {
  return Error(Fault::kNotWritable, "{}: {}: {} (is the disk full, or the folder read-only?)", path.string(), step,
               std::strerror(errno));
}

/// Writes and syncs a new file; on failure none is left behind.
Status WriteSynced(const fs::path& path, std::string_view header, std::string_view bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return NotWritable(path, "cannot be created");
  Status status;
  for (std::string_view rest : {header, bytes}) {
    while (!rest.empty() && status.ok()) {
      const ssize_t written = ::write(fd, rest.data(), rest.size());
      if (written >= 0) {
        rest.remove_prefix(static_cast<size_t>(written));
      } else if (errno != EINTR) {
        status = NotWritable(path, "writing failed");
      }
    }
  }
  if (status.ok() && ::fsync(fd) != 0) status = NotWritable(path, "sync failed");
  if (::close(fd) != 0 && status.ok()) status = NotWritable(path, "close failed");
  if (!status.ok()) ::unlink(path.c_str());
  return status;
}

/// Makes the names in a folder durable.
Status SyncFolder(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return NotWritable(folder, "cannot be opened");
  const int failed = ::fsync(fd);
  ::close(fd);
  return failed == 0 ? Status() : NotWritable(folder, "sync failed");
}

class LocalStore final : public Store {
 public:
  explicit LocalStore(fs::path root) : root_(std::move(root)) {}

  Status PutIfAbsent(const std::string& key, const std::string& bytes) override {
    FW_RETURN_IF_ERROR(CheckKey(key));
    const fs::path path = root_ / key;
    if (Exists(key)) return {};
    FW_RETURN_IF_ERROR(CheckRoot());
    std::error_code failure;
    fs::create_directories(path.parent_path(), failure);
    if (failure) return Error(Fault::kNotWritable, "{}: {}", path.parent_path().string(), failure.message());
    const fs::path temporary =
        path.parent_path() / fmt::format("{}{}-{}", kTemporary, nonce_, next_temporary_.fetch_add(1));
    FW_RETURN_IF_ERROR(WriteSynced(temporary, ArtifactHeader(bytes), bytes));
    Status status;
    if (::link(temporary.c_str(), path.c_str()) != 0 && errno != EEXIST) status = NotWritable(path, "cannot be named");
    fs::remove(temporary, failure);
    FW_RETURN_IF_ERROR(status);
    return SyncFolder(path.parent_path());
  }

  StatusOr<std::string> Get(const std::string& key) const override {
    FW_RETURN_IF_ERROR(CheckKey(key));
    const std::string path = (root_ / key).string();
    std::ifstream file(path, std::ios::binary);
    if (!file || !Exists(key)) return NotThere(path);
    std::string content{std::istreambuf_iterator<char>(file), {}};
    if (file.bad()) return Error(Fault::kNotReadable, "artifact {}: reading failed", path);
    return ArtifactContent(std::move(content), path);
  }

  bool Exists(const std::string& key) const override {
    std::error_code ignored;
    return CheckKey(key).ok() && fs::is_regular_file(root_ / key, ignored);
  }

  StatusOr<std::vector<std::string>> List(const std::string& prefix) const override {
    std::vector<std::string> keys;
    std::error_code failure;
    // Only the folder that the prefix names is walked: a store holds many artifacts and few keys of one prefix.
    const size_t slash = prefix.rfind('/');
    const std::string parent = slash == std::string::npos ? "" : prefix.substr(0, slash);
    if (!parent.empty()) FW_RETURN_IF_ERROR(CheckKey(parent));
    FW_RETURN_IF_ERROR(CheckRoot());
    const fs::path folder = root_ / parent;
    if (!fs::exists(folder, failure) && !failure) return keys;
    for (fs::recursive_directory_iterator it(folder, failure), end; !failure && it != end; it.increment(failure)) {
      std::error_code gone;  // another writer's temporary file
      if (!it->is_regular_file(gone) || it->path().filename().string().starts_with(kTemporary)) continue;
      std::string key = it->path().lexically_relative(root_).generic_string();
      if (key.starts_with(prefix)) keys.push_back(std::move(key));
    }
    if (failure) return Error(Fault::kServiceAway, "{}: {}", folder.string(), failure.message());
    std::sort(keys.begin(), keys.end());
    return keys;
  }

 private:
  /// A root that is gone (a share that is not mounted) must not pass for an empty store.
  Status CheckRoot() const {
    std::error_code failure;
    if (fs::is_directory(root_, failure)) return {};
    return Error(Fault::kServiceAway, "store {}: the folder is not there (is its disk mounted?)", root_.string());
  }

  /// Why an artifact could not be opened. Others act on its absence: only what is absent for sure is said to be.
  Status NotThere(const fs::path& path) const {
    FW_RETURN_IF_ERROR(CheckRoot());
    std::error_code failure;
    const fs::file_type type = fs::status(path, failure).type();
    if (type == fs::file_type::none || type == fs::file_type::regular) {
      return Error(Fault::kServiceAway, "artifact {}: cannot be opened: {}", path.string(), failure.message());
    }
    return Error(Fault::kNotReadable, "artifact {}: no such file", path.string());
  }

  fs::path root_;
  /// Of this object: process ids are the same in many containers, and come again.
  const std::string nonce_ = fmt::format("{:08x}{:08x}", std::random_device{}(), std::random_device{}());
  std::atomic<unsigned> next_temporary_{0};
};

}  // namespace

StatusOr<std::unique_ptr<Store>> OpenLocalStore(const std::string& root) {
  std::error_code failure;
  fs::create_directories(root, failure);
  if (failure || !fs::is_directory(root, failure)) {
    return Error(Fault::kNotWritable, "{}: {}", root, failure ? failure.message() : "is not a folder");
  }
  if (::access(root.c_str(), W_OK | X_OK) != 0) return NotWritable(root, "cannot be written to");
  return std::make_unique<LocalStore>(root);
}

}  // namespace fringewatch
