/// Rasters by their first bytes, and the files that belong to one: what may be opened of a stack that others name.
#pragma once

#include <cpl_string.h>

#include <string>

#include "common/io/dataset.h"

namespace fringewatch::io {

[[nodiscard]] bool StartsLikeTiff(const std::string& path);

/// The one GDAL driver that may open the file: GTiff, or netCDF for the classic formats, which hold no more than their
/// own numbers. Others can name further files: virtual rasters by design, HDF5 and with it netCDF-4 by external links.
/// \error kFormatUnknown; kRasterTruncated for an empty file; kNotReadable
[[nodiscard]] StatusOr<const char*> KnownDriver(const std::string& path);

/// The names beside the raster that GDAL may look at: itself, its world file and .aux.xml where the rules allow them.
[[nodiscard]] CPLStringList Companions(const RasterSource& source, const SourceRules& rules);

}  // namespace fringewatch::io
