/// GDAL virtual rasters that describe one raw file.
#pragma once

#include <cpl_minixml.h>

#include <optional>
#include <string>

#include "common/io/dataset.h"

namespace fringewatch::io {

/// The raw file `path` with the layout and the georeference that the virtual raster `root` states. Only what describes
/// numbers is taken over: a header that came with the data must not name other files. None when it is not the header
/// of a raw file, or states no possible layout.
[[nodiscard]] std::optional<RasterSource> RawSourceOfVrt(const std::string& path, const CPLXMLNode& root, int band);

}  // namespace fringewatch::io
