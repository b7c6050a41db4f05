#include "common/io/copy_tree.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "common/io/file_replace.h"
#include "common/io/files.h"
#include "common/io/vsi.h"

namespace fringewatch::io {
namespace {

namespace fs = std::filesystem;

StatusOr<std::vector<std::string>> NamesBelow(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code failure;
  for (fs::recursive_directory_iterator it(folder, failure), end; !failure && it != end; it.increment(failure)) {
    if (it->is_regular_file()) names.push_back(it->path().lexically_relative(folder).generic_string());
  }
  if (failure) return Error(Fault::kNotReadable, "{}: {}", folder, failure.message());
  std::sort(names.begin(), names.end());
  return names;
}

Status CopyLocally(const std::string& file, const std::string& path) {
  std::error_code failure;
  fs::create_directories(fs::path(path).parent_path(), failure);
  const std::string partial = PartialName(path);
  if (!failure) fs::copy_file(file, partial, fs::copy_options::overwrite_existing, failure);
  if (!failure) return Publish(partial, path);
  const Status status = NotWritable(path, failure.message());
  fs::remove(partial, failure);
  return status;
}

StatusOr<std::vector<std::string>> NamesAt(const std::string& target) {
  if (IsVirtualPath(target)) return ListObjects(target);
  std::error_code failure;
  return fs::exists(target, failure) ? NamesBelow(target) : std::vector<std::string>();
}

Status Remove(const std::string& path) {
  if (IsVirtualPath(path)) return RemoveObject(path);
  std::error_code failure;
  fs::remove(path, failure);
  return failure ? NotWritable(path, failure.message()) : Status();
}

}  // namespace

Status CopyTree(const std::string& folder, const std::string& target, const std::string& last) {
  FW_ASSIGN_OR_RETURN(std::vector<std::string> names, NamesBelow(folder));
  if (!last.empty()) {
    const auto found = std::find(names.begin(), names.end(), last);
    if (found == names.end()) return Error(Fault::kNotReadable, "{}: no such file", JoinPath(folder, last));
    std::rotate(found, found + 1, names.end());
  }
  if (IsVirtualPath(target) && !IsObjectStore(target)) {
    return Error(Fault::kBadOption, "'{}': is neither a local folder nor a place in an object store (/vsis3/...)",
                 target);
  }
  if (!last.empty()) FW_RETURN_IF_ERROR(Remove(JoinPath(target, last)));
  for (const std::string& name : names) {
    const std::string from = JoinPath(folder, name), to = JoinPath(target, name);
    FW_RETURN_IF_ERROR(IsVirtualPath(target) ? UploadFile(from, to) : CopyLocally(from, to));
  }
  FW_ASSIGN_OR_RETURN(const std::vector<std::string> there, NamesAt(target));
  for (const std::string& name : there) {
    if (std::find(names.begin(), names.end(), name) == names.end()) FW_RETURN_IF_ERROR(Remove(JoinPath(target, name)));
  }
  return {};
}

}  // namespace fringewatch::io
