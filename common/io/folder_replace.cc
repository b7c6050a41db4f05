#include "common/io/folder_replace.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "common/io/file_replace.h"

namespace fringewatch::io {
namespace {

namespace fs = std::filesystem;

constexpr auto kStaleAfter = std::chrono::hours(24);

/// ".<name>.": what unfinished siblings of `path` start with.
std::string SiblingPrefix(const fs::path& path) { return fmt::format(".{}.", path.filename().string()); }

/// What killed processes left. Best effort: somebody else may be removing the same.
void RemoveStaleSiblings(const fs::path& path) {
  const std::string prefix = SiblingPrefix(path);
  const auto now = fs::file_time_type::clock::now();
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(path.parent_path(), ignored)) {
    if (!entry.path().filename().string().starts_with(prefix)) continue;
    if (const auto written = entry.last_write_time(ignored); !ignored && now - written > kStaleAfter) {
      fs::remove_all(entry.path(), ignored);
    }
  }
}

Status Sync(const fs::path& path, bool is_folder) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | (is_folder ? O_DIRECTORY : 0));
  if (fd < 0) return NotWritable(path.string(), std::strerror(errno));
  const bool synced = ::fsync(fd) == 0 || errno == EINVAL;  // some file systems do not sync folders
  const int reason = errno;
  ::close(fd);
  return synced ? Status() : NotWritable(path.string(), std::strerror(reason));
}

Status SyncTree(const fs::path& folder) {
  std::error_code failure;
  for (fs::recursive_directory_iterator it(folder, failure), end; !failure && it != end; it.increment(failure)) {
    FW_RETURN_IF_ERROR(Sync(it->path(), it->is_directory()));
  }
  return failure ? NotWritable(folder.string(), failure.message()) : Sync(folder, true);
}

bool Rename(const fs::path& from, const fs::path& to, unsigned flags) {
  return ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) == 0;
}

/// For file systems that cannot exchange two names: for a moment `path` is away.
Status ReplaceInTwoSteps(const fs::path& folder, const fs::path& path) {
  const fs::path old = fs::path(folder).concat(".old");
  if (::rename(path.c_str(), old.c_str()) != 0 && errno != ENOENT) {
    return NotWritable(path.string(), std::strerror(errno));
  }
  if (::rename(folder.c_str(), path.c_str()) != 0) return NotWritable(path.string(), std::strerror(errno));
  std::error_code ignored;
  fs::remove_all(old, ignored);
  return {};
}

}  // namespace

StatusOr<std::string> MakeSiblingFolder(const std::string& path) {
  const fs::path target = fs::absolute(fs::path(path) / "").parent_path();
  std::error_code failure;
  fs::create_directories(target.parent_path(), failure);
  if (failure) return NotWritable(path, failure.message());
  RemoveStaleSiblings(target);
  std::string name = (target.parent_path() / (SiblingPrefix(target) + "XXXXXX")).string();
  if (::mkdtemp(name.data()) == nullptr) return NotWritable(path, std::strerror(errno));
  // mkdtemp makes it private; products are for whoever may read the folder above.
  if (::chmod(name.c_str(), 0755) != 0) return NotWritable(path, std::strerror(errno));
  return name;
}

Status ReplaceFolder(const std::string& folder, const std::string& path) {
  const fs::path target = fs::absolute(fs::path(path) / "").parent_path();
  FW_RETURN_IF_ERROR(SyncTree(folder));
  if (Rename(folder, target, RENAME_NOREPLACE)) return Sync(target.parent_path(), true);
  if (errno == EEXIST || errno == ENOTEMPTY) {
    if (Rename(folder, target, RENAME_EXCHANGE)) {
      std::error_code ignored;
      fs::remove_all(folder, ignored);
      return Sync(target.parent_path(), true);
    }
  }
  if (errno != EINVAL && errno != ENOSYS) return NotWritable(path, std::strerror(errno));
  FW_RETURN_IF_ERROR(ReplaceInTwoSteps(folder, target));
  return Sync(target.parent_path(), true);
}

}  // namespace fringewatch::io
