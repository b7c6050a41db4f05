#include "common/io/source_files.h"

#include <cpl_string.h>
#include <cpl_vsi.h>

#include <algorithm>

namespace fringewatch::io {

std::string JoinFirst(std::vector<std::string> texts, const std::string& separator) {
  constexpr size_t kSaid = 20;
  if (texts.size() > kSaid) {
    const size_t more = texts.size() - kSaid;
    texts.resize(kSaid);
    texts.push_back(fmt::format("and {} more", more));
  }
  return fmt::format("{}", fmt::join(texts, separator));
}

bool SourceFiles::Allowed(const std::string& path) const {
  const Status status = rules_.CheckPath(path);
  if (status.ok()) return true;
  if (IsBelow(path, folder_)) {
    const std::lock_guard lock(mutex_);
    violations_.insert(MessageOf(status));
  }
  return false;
}

std::vector<FolderEntry> SourceFiles::ListFolder(const std::string& path) const {
  std::vector<FolderEntry> entries;
  if (!Allowed(path)) return entries;
  const CPLStringList names(VSIReadDir(path.c_str()));
  for (int i = 0; i < names.size(); ++i) {
    const std::string name = names[i];
    if (name == "." || name == "..") continue;
    // Judged before it is followed; a link that leads out is neither file nor folder.
    const std::string entry = JoinPath(path, name);
    if (Allowed(entry)) entries.push_back({name, io::IsFolder(entry)});
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

std::vector<std::string> SourceFiles::FilesBelow(const std::string& folder, int depth) const {
  std::vector<std::string> files;
  for (const FolderEntry& entry : ListFolder(folder)) {
    const std::string path = JoinPath(folder, entry.name);
    if (!entry.is_folder) {
      files.push_back(path);
    } else if (depth > 0) {
      const std::vector<std::string> below = FilesBelow(path, depth - 1);
      files.insert(files.end(), below.begin(), below.end());
    }
  }
  return files;
}

bool SourceFiles::IsFolder(const std::string& path) const { return Allowed(path) && io::IsFolder(path); }

std::optional<uint64_t> SourceFiles::FileSize(const std::string& path) const {
  return Allowed(path) ? io::FileSize(path) : std::nullopt;
}

StatusOr<std::string> SourceFiles::ReadText(const std::string& path) const {
  FW_RETURN_IF_ERROR(rules_.CheckPath(path));
  return io::ReadText(path);
}

Status SourceFiles::Violations() const {
  const std::lock_guard lock(mutex_);
  if (violations_.empty()) return {};
  // The messages are whole ones, with their code.
  return Status(CodeOf(Fault::kPathForbidden), JoinFirst({violations_.begin(), violations_.end()}, "\n  "));
}

}  // namespace fringewatch::io
