#include "common/io/raster_format.h"

#include <cpl_vsi.h>

#include <array>

#include "common/io/files.h"

namespace fringewatch::io {
namespace {

// The first four bytes; zeros where the file has fewer.
std::array<unsigned char, 4> FirstBytes(const std::string& path) {
  std::array<unsigned char, 4> bytes{};
  VSILFILE* file = VSIFOpenL(path.c_str(), "rb");
  if (file == nullptr) return bytes;
  if (VSIFReadL(bytes.data(), 1, bytes.size(), file) < bytes.size()) bytes = {};
  VSIFCloseL(file);
  return bytes;
}

}  // namespace

bool StartsLikeTiff(const std::string& path) {
  const auto magic = FirstBytes(path);
  return (magic[0] == 'I' && magic[1] == 'I' && (magic[2] == 42 || magic[2] == 43)) ||
         (magic[0] == 'M' && magic[1] == 'M' && (magic[3] == 42 || magic[3] == 43));
}

StatusOr<const char*> KnownDriver(const std::string& path) {
  if (StartsLikeTiff(path)) return "GTiff";
  const auto magic = FirstBytes(path);
  if (magic[0] == 'C' && magic[1] == 'D' && magic[2] == 'F' && (magic[3] == 1 || magic[3] == 2 || magic[3] == 5)) {
    return "netCDF";
  }
  const auto bytes = FileSize(path);
  if (!bytes) return Error(Fault::kNotReadable, "{}: no such file", path);
  if (*bytes == 0) return Error(Fault::kRasterTruncated, "{}: is empty (0 bytes): copy it again", path);
  return Error(Fault::kFormatUnknown,
               "{}: neither GeoTIFF nor netCDF classic; the services open no other rasters, because they can name "
               "further files: convert it (gdal_translate)",
               path);
}

CPLStringList Companions(const RasterSource& source, const SourceRules& rules) {
  const std::string& path = source.path;
  const std::string stem = path.substr(0, path.rfind('.'));
  CPLStringList names;
  names.AddString(BaseName(path).c_str());
  for (const std::string& beside : {path + ".aux.xml", stem + ".tfw", stem + ".wld"}) {
    if (rules.CheckPath(beside).ok() && FileExists(beside)) names.AddString(BaseName(beside).c_str());
  }
  return names;
}

}  // namespace fringewatch::io
