#include "common/io/raster_file.h"

#include "common/io/dataset.h"

namespace fringewatch::io {

StatusOr<RasterFile> ReadRaster(const std::string& path) {
  const RasterSource source{path};
  FW_ASSIGN_OR_RETURN(const RasterInfo info, Inspect(source));
  const DatasetPool pool;
  FW_ASSIGN_OR_RETURN(Array2<float> values, pool.Read(source, info, info.grid.frame()));
  return RasterFile{info.grid, std::move(values)};
}

StatusOr<RasterFile> ReadCoherence(const std::string& path) {
  FW_ASSIGN_OR_RETURN(RasterFile raster, ReadRaster(path));
  FW_ASSIGN_OR_RETURN(const RasterInfo info, Inspect(RasterSource{path}));
  for (float& value : raster.values.values) {
    if (!MayBeCoherence(value, info.is_byte)) return NoCoherence(path, value);
    if (info.is_byte) value *= kByteToCoherence;
  }
  return raster;
}

}  // namespace fringewatch::io
