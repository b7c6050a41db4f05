#include "common/io/raster_file.h"

#include "common/io/dataset.h"

namespace fringewatch::io {

namespace {

StatusOr<RasterFile> ReadAll(const RasterSource& source, const RasterInfo& info) {
  const DatasetPool pool;
  FW_ASSIGN_OR_RETURN(Array2<float> values, pool.Read(source, info, info.grid.frame()));
  return RasterFile{info.grid, std::move(values)};
}

}  // namespace

StatusOr<RasterFile> ReadRaster(const std::string& path) {
  const RasterSource source{path};
  FW_ASSIGN_OR_RETURN(const RasterInfo info, Inspect(source));
  return ReadAll(source, info);
}

StatusOr<RasterFile> ReadCoherence(const std::string& path) {
  const RasterSource source{path};
  FW_ASSIGN_OR_RETURN(const RasterInfo info, Inspect(source));
  FW_ASSIGN_OR_RETURN(RasterFile raster, ReadAll(source, info));
  for (float& value : raster.values.values) {
    if (!MayBeCoherence(value, info.is_byte)) return NoCoherence(path, value);
    if (info.is_byte) value *= kByteToCoherence;
  }
  return raster;
}

}  // namespace fringewatch::io
