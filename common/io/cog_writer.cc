#include "common/io/cog_writer.h"

#include <cpl_string.h>
#include <gdal_priv.h>
#include <ogr_spatialref.h>

#include <array>
#include <cmath>
#include <filesystem>

#include "common/io/dataset.h"
#include "common/io/file_replace.h"
#include "common/io/raster_file.h"

namespace fringewatch::io {
namespace {

Status GdalFailure(const std::string& path) {
  const std::string reason = CPLGetLastErrorMsg();
  return NotWritable(path, reason.empty() ? "GDAL gave no reason" : reason);
}

void Georeference(GDALDataset& dataset, const Grid& grid) {
  std::array<double, 6> transform = {grid.x0, grid.dx, 0.0, grid.y0, 0.0, grid.dy};
  dataset.SetGeoTransform(transform.data());
  if (grid.crs_wkt.empty()) return;
  OGRSpatialReference reference(grid.crs_wkt.c_str());
  reference.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  dataset.SetSpatialRef(&reference);
}

}  // namespace

struct CogWriter::Impl {
  std::string path;
  std::string sparse_name;  ///< the windows, until Finish
  std::string cog_name;     ///< the COG, until it is renamed
  GDALDatasetUniquePtr sparse;

  ~Impl() {
    sparse.reset();
    std::error_code ignored;
    std::filesystem::remove(sparse_name, ignored);
    std::filesystem::remove(cog_name, ignored);
  }
};

CogWriter::CogWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CogWriter::~CogWriter() = default;

StatusOr<std::unique_ptr<CogWriter>> CogWriter::Create(const std::string& path, const Grid& grid,
                                                       const std::vector<std::string>& descriptions) {
  PrepareGdal();
  CPLErrorReset();
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->cog_name = PartialName(path);
  impl->sparse_name = PartialName(path + ".windows.tif");
  CPLStringList options;
  for (const char* option : {"TILED=YES", "SPARSE_OK=TRUE", "BIGTIFF=IF_SAFER", "INTERLEAVE=BAND"}) {
    options.AddString(option);
  }
  GDALDriver* driver = GetGDALDriverManager()->GetDriverByName("GTiff");
  impl->sparse.reset(driver->Create(impl->sparse_name.c_str(), grid.cols, grid.rows,
                                    static_cast<int>(descriptions.size()), GDT_Float32, options.List()));
  if (!impl->sparse) return GdalFailure(path);
  Georeference(*impl->sparse, grid);
  for (size_t b = 0; b < descriptions.size(); ++b) {
    GDALRasterBand* band = impl->sparse->GetRasterBand(static_cast<int>(b) + 1);
    band->SetNoDataValue(std::nan(""));
    band->SetDescription(descriptions[b].c_str());
  }
  return std::unique_ptr<CogWriter>(new CogWriter(std::move(impl)));
}

Status CogWriter::Write(int band, const Window& window, const Array2<float>& values) {
  CPLErrorReset();
  GDALRasterBand* target = impl_->sparse->GetRasterBand(band + 1);
  Array2<float> merged(window.rows, window.cols);
  const auto transfer = [&](GDALRWFlag direction) {
    return target->RasterIO(direction, window.col0, window.row0, window.cols, window.rows, merged.values.data(),
                            window.cols, window.rows, GDT_Float32, 0, 0, nullptr);
  };
  if (transfer(GF_Read) != CE_None) return GdalFailure(impl_->path);
  for (size_t i = 0; i < merged.size(); ++i) {
    if (!std::isnan(values.values[i])) merged.values[i] = values.values[i];
  }
  return transfer(GF_Write) == CE_None ? Status() : GdalFailure(impl_->path);
}

Status CogWriter::Finish(const std::map<std::string, std::string>& tags) {
  CPLErrorReset();
  for (const auto& [key, value] : tags) impl_->sparse->SetMetadataItem(key.c_str(), value.c_str());
  impl_->sparse->FlushCache(false);
  if (CPLGetLastErrorType() >= CE_Failure) return GdalFailure(impl_->path);
  CPLStringList options;
  for (const char* option :
       {"COMPRESS=DEFLATE", "PREDICTOR=YES", "BLOCKSIZE=512", "OVERVIEW_RESAMPLING=AVERAGE", "BIGTIFF=IF_SAFER"}) {
    options.AddString(option);
  }
  GDALDriver* driver = GetGDALDriverManager()->GetDriverByName("COG");
  GDALDatasetUniquePtr cog(
      driver->CreateCopy(impl_->cog_name.c_str(), impl_->sparse.get(), FALSE, options.List(), nullptr, nullptr));
  if (!cog) return GdalFailure(impl_->path);
  cog.reset();
  if (CPLGetLastErrorType() >= CE_Failure) return GdalFailure(impl_->path);
  return Publish(impl_->cog_name, impl_->path);
}

Status WriteCog(const std::string& path, const Grid& grid, const std::vector<Band>& bands,
                const std::map<std::string, std::string>& tags) {
  std::vector<std::string> descriptions;
  for (const Band& band : bands) descriptions.push_back(band.description);
  FW_ASSIGN_OR_RETURN(const std::unique_ptr<CogWriter> writer, CogWriter::Create(path, grid, descriptions));
  constexpr int kStripRows = 512;  // one row of blocks at a time
  for (size_t b = 0; b < bands.size(); ++b) {
    for (int row = 0; row < grid.rows; row += kStripRows) {
      const Window strip = Intersect({row, 0, kStripRows, grid.cols}, grid.frame());
      FW_RETURN_IF_ERROR(writer->Write(static_cast<int>(b), strip, Crop(*bands[b].values, strip)));
    }
  }
  return writer->Finish(tags);
}

}  // namespace fringewatch::io
