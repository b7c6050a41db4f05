/// Single rasters through GDAL: read one interferogram, write GeoTIFF products.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/raster/array.h"
#include "common/raster/grid.h"

namespace fringewatch::io {

/// A whole band as float, nodata -> NaN (complex bands give their argument, complex zero -> NaN).
struct RasterFile {
  Grid grid;
  Array2<float> values;
};
/// \error kNotReadable, kRasterTruncated with the file.
[[nodiscard]] StatusOr<RasterFile> ReadRaster(const std::string& path);
/// The same of a coherence, as 0 to 1: bytes are divided by 255. \error also kInputRejected, for other numbers.
[[nodiscard]] StatusOr<RasterFile> ReadCoherence(const std::string& path);

/// One named band of a product.
struct Band {
  std::string description;
  const Array2<float>* values = nullptr;
};
/// Cloud-optimised GeoTIFF, float32, NaN nodata, deflate, average overviews, with the given tags (UNITS, SIGN, ...).
/// Byte-identical for the same content. Written beside and renamed: never half a file.
/// \error kNotWritable
[[nodiscard]] Status WriteCog(const std::string& path, const Grid& grid, const std::vector<Band>& bands,
                              const std::map<std::string, std::string>& tags);

}  // namespace fringewatch::io
