#include "common/io/confined_sources.h"

#include <filesystem>
#include <system_error>

#include "common/io/open_stack.h"
#include "common/io/vsi.h"

namespace fringewatch::io {

std::function<StatusOr<std::unique_ptr<StackReader>>(const StackSource&)> ConfinedOpener(SourceLimits limits) {
  return [rules = SourceRules(std::move(limits))](const StackSource& source) { return OpenStack(source, rules); };
}

std::vector<std::string> FaultsOf(const SourceLimits& limits) {
  std::vector<std::string> faults;
  std::error_code ignored;
  for (const std::string& root : limits.roots) {
    if (!root.starts_with('/')) faults.push_back(fmt::format("root '{}' is not an absolute path", root));
    if (root == "/vsi" || root.starts_with("/vsi/"))
      faults.push_back(fmt::format("root '{}' names no file system", root));
    if (root.starts_with('/') && !IsVirtualPath(root) && !std::filesystem::is_directory(root, ignored)) {
      faults.push_back(fmt::format("root '{}' is not a folder", root));
    }
  }
  if (limits.max_rows < 1 || limits.max_cols < 1) faults.push_back("the largest raster has less than one pixel");
  if (limits.max_raster_bytes < 1) faults.push_back("the largest raster has no bytes");
  return faults;
}

}  // namespace fringewatch::io
