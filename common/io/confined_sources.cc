#include "common/io/confined_sources.h"

#include <filesystem>
#include <system_error>

#include "common/io/open_stack.h"
#include "common/io/vsi.h"

namespace fringewatch::io {
namespace {

constexpr double kMostGib = 1e6;

}  // namespace

std::function<StatusOr<std::unique_ptr<StackReader>>(const StackSource&)> ConfinedOpener(SourceLimits limits) {
  return [rules = SourceRules(std::move(limits))](const StackSource& source) { return OpenStack(source, rules); };
}

std::function<StatusOr<std::unique_ptr<StackReader>>(const std::string&)> ConfinedReopener(SourceLimits limits) {
  return [rules = SourceRules(std::move(limits))](const std::string& layout) { return ReopenStack(layout, rules); };
}

std::vector<std::string> FaultsOf(const SourceLimits& limits) {
  std::vector<std::string> faults;
  std::error_code ignored;
  for (const std::string& root : limits.roots) {
    if (!root.starts_with('/')) faults.push_back(fmt::format("roots: '{}' is not an absolute path", root));
    if (root == "/vsi" || root.starts_with("/vsi/"))
      faults.push_back(fmt::format("roots: '{}' names no file system", root));
    if (root.starts_with('/') && !IsVirtualPath(root) && !std::filesystem::is_directory(root, ignored)) {
      faults.push_back(fmt::format("roots: '{}' is not a folder", root));
    }
  }
  if (limits.max_rows < 1) faults.emplace_back("max_rows must be at least 1");
  if (!(limits.max_raster_gib > 0 && limits.max_raster_gib <= kMostGib)) {
    faults.push_back(fmt::format("max_raster_gib must be above 0, at most {}", kMostGib));
  }
  return faults;
}

}  // namespace fringewatch::io
