/// The files of one stack as its reader may see them: files.h behind SourceRules.
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/io/files.h"
#include "common/io/source_rules.h"

namespace fringewatch::io {

/// The first 20 texts, joined, and how many more there are: a message about a thousand files helps nobody.
[[nodiscard]] std::string JoinFirst(std::vector<std::string> texts, const std::string& separator);

struct FolderEntry {
  std::string name;
  bool is_folder = false;
};

/// What is not allowed is not there. Below the stack's folder it is also written down, because there it is part of the
/// stack; above it, where readers look for metadata, it is none of the stack's business. Thread-safe.
class SourceFiles {
 public:
  /// `folder`: where the operator says the stack is.
  SourceFiles(SourceRules rules, std::string folder) : rules_(std::move(rules)), folder_(std::move(folder)) {}

  [[nodiscard]] const SourceRules& rules() const { return rules_; }
  /// What a folder holds, sorted by name; empty when it is not a readable folder.
  [[nodiscard]] std::vector<FolderEntry> ListFolder(const std::string& path) const;
  /// Every file at most `depth` folders below `folder` (0 = in it), as full paths, sorted folder by folder.
  [[nodiscard]] std::vector<std::string> FilesBelow(const std::string& folder, int depth) const;
  /// As the functions of files.h.
  [[nodiscard]] bool IsFolder(const std::string& path) const;
  [[nodiscard]] std::optional<uint64_t> FileSize(const std::string& path) const;
  [[nodiscard]] bool FileExists(const std::string& path) const { return FileSize(path).has_value(); }
  [[nodiscard]] StatusOr<std::string> ReadText(const std::string& path) const;

  /// OK, or what below the folder was looked at and is not allowed. \error kPathForbidden
  [[nodiscard]] Status Violations() const;

 private:
  [[nodiscard]] bool Allowed(const std::string& path) const;
  SourceRules rules_;
  std::string folder_;
  mutable std::mutex mutex_;
  mutable std::set<std::string> violations_;  // messages
};

}  // namespace fringewatch::io
