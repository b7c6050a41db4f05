#include "common/process/source_settings.h"

#include "common/io/confined_sources.h"

namespace fringewatch::process {

void Declare(service::Settings& settings, io::SourceLimits& sources) {
  settings.Add("sources.roots", sources.roots,
               "Folders or /vsis3/ prefixes that sources may lie in; none = any folder");
  settings.Add("sources.max_rows", sources.max_rows, "Rows, and columns, that a raster may have");
  settings.Add("sources.max_raster_gib", sources.max_raster_gib, "Size that a raster may have, decompressed");
  settings.Check([&sources] {
    std::vector<std::string> wrong = io::FaultsOf(sources);
    for (std::string& fault : wrong) fault.insert(0, "sources.");
    return wrong;
  });
}

std::vector<std::string> Exposures(const io::SourceLimits& sources) {
  if (!sources.roots.empty()) return {};
  return {"sources.roots is not set: any folder of this machine may be named as a source"};
}

}  // namespace fringewatch::process
