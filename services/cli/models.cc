#include "services/cli/models.h"

#include <cstdlib>
#include <filesystem>
#include <vector>

namespace fringewatch::cli {

namespace fs = std::filesystem;

StatusOr<std::string> FindModels(const std::string& option) {
  std::vector<fs::path> places;
  if (!option.empty()) {
    places.push_back(option);
  } else if (const char* environment = std::getenv("FRINGEWATCH_MODELS"); environment != nullptr) {
    places.push_back(environment);
  } else {
    std::error_code ignored;
    const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
    places.push_back(program / ".." / "share" / "fringewatch" / "models");
    places.push_back(program / ".." / ".." / ".." / "deploy" / "models");
  }
  std::string looked;
  for (const fs::path& place : places) {
    std::error_code ignored;
    if (fs::is_directory(place, ignored)) return fs::weakly_canonical(place).string();
    looked += (looked.empty() ? "" : ", ") + place.string();
  }
  return Error(Fault::kModelRefused, "no folder of networks at {}; give --models DIR or set FRINGEWATCH_MODELS",
               looked);
}

}  // namespace fringewatch::cli
