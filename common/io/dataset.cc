#include "common/io/dataset.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_vsi.h>
#include <gdal_priv.h>
#include <ogr_spatialref.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>

#include "common/base/units.h"
#include "common/io/files.h"
#include "common/io/raster_format.h"

namespace fringewatch::io {
namespace {

constexpr GIntBig kBlockCacheBytes = GIntBig{256} << 20;
constexpr size_t kMaxIdleDatasets = 64;
constexpr int kSamplesPerSide = 4;
constexpr int kSampleSide_px = 16;

struct CloseDataset {
  void operator()(GDALDataset* dataset) const { GDALClose(dataset); }
};
using DatasetPtr = std::unique_ptr<GDALDataset, CloseDataset>;

Status CannotOpen(const RasterSource& source, const std::string& reason) {
  if (FileSize(source.path) == 0) return Error(Fault::kRasterTruncated, "{}: is empty (0 bytes)", source.path);
  if (StartsLikeTiff(source.path)) {
    return Error(Fault::kRasterTruncated, "{}: the TIFF directory is damaged or cut off ({})", source.path, reason);
  }
  return Error(Fault::kNotReadable, "{}: {}", source.path, reason);
}

StatusOr<DatasetPtr> OpenDataset(const RasterSource& source, const SourceRules& rules) {
  PrepareGdal();
  FW_RETURN_IF_ERROR(rules.CheckPath(source.path));
  CPLErrorReset();
  const std::string& name = source.vrt.empty() ? source.path : source.vrt;
  constexpr unsigned kMode = GDAL_OF_RASTER | GDAL_OF_READONLY;
  DatasetPtr dataset;
  if (!rules.confined()) {
    dataset.reset(GDALDataset::Open(name.c_str(), kMode));
  } else {
    FW_ASSIGN_OR_RETURN(const char* driver, source.vrt.empty() ? KnownDriver(source.path) : "VRT");
    const char* const drivers[] = {driver, nullptr};
    const CPLStringList companions = Companions(source, rules);
    dataset.reset(GDALDataset::Open(name.c_str(), kMode, drivers, nullptr, companions.List()));
  }
  if (!dataset) return CannotOpen(source, LastGdalError());
  return dataset;
}

// Every block that the directory promises must lie inside the file.
Status CheckTiffBlocks(GDALDataset& dataset, const std::string& path, uint64_t bytes) {
  GDALRasterBand* band = dataset.GetRasterBand(1);
  int block_cols = 0, block_rows = 0;
  band->GetBlockSize(&block_cols, &block_rows);
  const int across = (band->GetXSize() + block_cols - 1) / block_cols;
  const int down = (band->GetYSize() + block_rows - 1) / block_rows;
  for (int y = 0; y < down; ++y) {
    for (int x = 0; x < across; ++x) {
      const char* offset = band->GetMetadataItem(CPLSPrintf("BLOCK_OFFSET_%d_%d", x, y), "TIFF");
      const char* size = band->GetMetadataItem(CPLSPrintf("BLOCK_SIZE_%d_%d", x, y), "TIFF");
      if (offset == nullptr || size == nullptr) continue;  // a block left out on purpose: nodata
      const uint64_t end = std::strtoull(offset, nullptr, 10) + std::strtoull(size, nullptr, 10);
      if (end > bytes) {
        return Error(Fault::kRasterTruncated, "{}: has {} bytes, but its block ({}, {}) ends at {}: copy it again",
                     path, bytes, y, x, end);
      }
    }
  }
  return {};
}

Status CheckBytes(const RasterSource& source) {
  const auto bytes = FileSize(source.path);
  if (!bytes) return Error(Fault::kNotReadable, "{}: no such file", source.path);
  if (*bytes == 0) return Error(Fault::kRasterTruncated, "{}: is empty (0 bytes): copy it again", source.path);
  if (*bytes < source.raw_bytes) {
    return Error(Fault::kRasterTruncated, "{}: has {} of {} bytes: copy it again", source.path, *bytes,
                 source.raw_bytes);
  }
  return {};
}

void SetReference(GDALDataset& dataset, Grid& grid) {
  const OGRSpatialReference* reference = dataset.GetSpatialRef();
  if (reference == nullptr || reference->IsEmpty() || reference->IsLocal()) {
    // Without a reference system steps under a decimetre are surely not metres.
    if (std::abs(grid.dx) >= 0.1) SetSpacing(grid);
    return;
  }
  char* wkt = nullptr;
  if (reference->exportToWkt(&wkt) == OGRERR_NONE) grid.crs_wkt = wkt;
  CPLFree(wkt);
  grid.geographic = reference->IsGeographic() != 0;
  if (grid.geographic) grid.x0 -= 360.0 * std::floor((grid.X(grid.cols / 2.0) + 180.0) / 360.0);
  SetSpacing(grid);
  if (!grid.geographic) {
    const double metres = reference->GetLinearUnits();
    grid.spacing_x_m *= metres;
    grid.spacing_y_m *= metres;
  }
}

Status DescribeGrid(GDALDataset& dataset, const std::string& path, RasterInfo& info) {
  info.grid.rows = dataset.GetRasterYSize();
  info.grid.cols = dataset.GetRasterXSize();
  std::array<double, 6> transform{};
  if (dataset.GetGeoTransform(transform.data()) != CE_None) return {};  // radar or unknown geometry
  auto [x0, dx, x_row, y0, y_col, dy] = transform;
  if (x_row != 0.0 || y_col != 0.0 || dx <= 0.0 || dy == 0.0) {
    return Error(Fault::kGridMismatch, "{}: the grid is rotated or mirrored; warp it to a north-up grid (gdalwarp)",
                 path);
  }
  info.flip_rows = dy > 0.0;
  info.grid.x0 = x0;
  info.grid.dx = dx;
  info.grid.y0 = info.flip_rows ? y0 + dy * info.grid.rows : y0;
  info.grid.dy = -std::abs(dy);
  SetReference(dataset, info.grid);
  return {};
}

RasterSize SizeOf(GDALDataset& dataset) {
  GDALRasterBand* band = dataset.GetRasterBand(1);
  int block_cols = 1, block_rows = 1;
  band->GetBlockSize(&block_cols, &block_rows);
  RasterSize size{
      dataset.GetRasterYSize(), dataset.GetRasterXSize(), dataset.GetRasterCount(), 1, block_rows, block_cols};
  for (int b = 1; b <= dataset.GetRasterCount(); ++b) {
    const int bytes = GDALGetDataTypeSizeBytes(dataset.GetRasterBand(b)->GetRasterDataType());
    size.bytes_per_value = std::max(size.bytes_per_value, static_cast<uint64_t>(bytes));
  }
  return size;
}

Status DescribeBand(GDALDataset& dataset, const RasterSource& source, RasterInfo& info) {
  info.band = source.band == 0 ? dataset.GetRasterCount() : source.band;
  if (info.band < 1 || info.band > dataset.GetRasterCount()) {
    return Error(Fault::kNotReadable, "{}: has {} bands, band {} was asked for", source.path, dataset.GetRasterCount(),
                 info.band);
  }
  GDALRasterBand* band = dataset.GetRasterBand(info.band);
  info.is_complex = GDALDataTypeIsComplex(band->GetRasterDataType()) != 0;
  info.is_byte = band->GetRasterDataType() == GDT_Byte;
  int known = 0;
  const double nodata = band->GetNoDataValue(&known);
  if (known != 0) info.nodata = nodata;
  if (const double scale = band->GetScale(&known); known != 0) info.scale = scale;
  if (const double offset = band->GetOffset(&known); known != 0) info.offset = offset;
  info.unit = CPLString(band->GetUnitType()).tolower();
  char** tags = dataset.GetMetadata();
  for (int i = 0; tags != nullptr && tags[i] != nullptr; ++i) {
    const std::string tag = tags[i];
    if (const size_t cut = tag.find('='); cut != std::string::npos)
      info.tags.emplace(tag.substr(0, cut), tag.substr(cut + 1));
  }
  return {};
}

}  // namespace

void PrepareGdal() {
  static std::once_flag once;
  std::call_once(once, [] {
    CPLSetErrorHandler(CPLQuietErrorHandler);
    if (CPLGetConfigOption("GDAL_CACHEMAX", nullptr) == nullptr) GDALSetCacheMax64(kBlockCacheBytes);
    GDALAllRegister();
  });
}

std::string LastGdalError() {
  const std::string message = CPLGetLastErrorMsg();
  return message.empty() ? "no reason given" : message;
}

StatusOr<RasterInfo> Inspect(const RasterSource& source, const SourceRules& rules) {
  PrepareGdal();
  FW_RETURN_IF_ERROR(rules.CheckPath(source.path));
  FW_RETURN_IF_ERROR(CheckBytes(source));
  FW_ASSIGN_OR_RETURN(const DatasetPtr dataset, OpenDataset(source, rules));
  if (dataset->GetRasterCount() == 0) return Error(Fault::kNotReadable, "{}: holds no raster band", source.path);
  FW_RETURN_IF_ERROR(rules.CheckSize(source.path, SizeOf(*dataset)));
  RasterInfo info;
  FW_RETURN_IF_ERROR(DescribeGrid(*dataset, source.path, info));
  FW_RETURN_IF_ERROR(DescribeBand(*dataset, source, info));
  if (std::string(dataset->GetDriverName()) == "GTiff") {
    FW_RETURN_IF_ERROR(CheckTiffBlocks(*dataset, source.path, *FileSize(source.path)));
  }
  return info;
}

struct DatasetPool::Idle {
  std::string name;
  DatasetPtr dataset;
};

// A dataset of its own for the time of one read; back to the idle ones afterwards.
class DatasetPool::Lease {
 public:
  static StatusOr<Lease> Take(const DatasetPool& pool, const RasterSource& source) {
    const std::string& name = source.vrt.empty() ? source.path : source.vrt;
    {
      const std::lock_guard lock(pool.mutex_);
      const auto found =
          std::find_if(pool.idle_.begin(), pool.idle_.end(), [&](const Idle& i) { return i.name == name; });
      if (found != pool.idle_.end()) {
        Lease lease(pool, name, std::move(found->dataset));
        pool.idle_.erase(found);
        return lease;
      }
    }
    FW_ASSIGN_OR_RETURN(DatasetPtr dataset, OpenDataset(source, pool.rules_));
    FW_RETURN_IF_ERROR(pool.rules_.CheckSize(source.path, SizeOf(*dataset)));  // it may be another file by now
    return Lease(pool, name, std::move(dataset));
  }
  Lease(Lease&&) = default;
  ~Lease() {
    if (!dataset_) return;
    Idle evicted;  // closed after the lock is released
    const std::lock_guard lock(pool_->mutex_);
    pool_->idle_.push_back({std::move(name_), std::move(dataset_)});
    if (pool_->idle_.size() > kMaxIdleDatasets) {
      evicted = std::move(pool_->idle_.front());
      pool_->idle_.pop_front();
    }
  }
  GDALDataset& operator*() const { return *dataset_; }
  GDALDataset* operator->() const { return dataset_.get(); }

 private:
  Lease(const DatasetPool& pool, std::string name, DatasetPtr dataset)
      : pool_(&pool), name_(std::move(name)), dataset_(std::move(dataset)) {}
  const DatasetPool* pool_;
  std::string name_;
  DatasetPtr dataset_;
};

DatasetPool::DatasetPool(SourceRules rules) : rules_(std::move(rules)) {}
DatasetPool::~DatasetPool() = default;

Status DatasetPool::ReadPixels(const RasterSource& source, const RasterInfo& info, const Window& window, void* buffer,
                               bool as_complex) const {
  FW_ASSIGN_OR_RETURN(const Lease lease, Lease::Take(*this, source));
  if (source.raw_bytes > 0) FW_RETURN_IF_ERROR(CheckBytes(source));  // GDAL fills what a raw file lacks
  if (lease->GetRasterYSize() != info.grid.rows || lease->GetRasterXSize() != info.grid.cols ||
      lease->GetRasterCount() < info.band) {
    return Error(Fault::kInputRejected, "{}: is no longer the raster that was accepted ({} x {}, band {}); put it back",
                 source.path, info.grid.rows, info.grid.cols, info.band);
  }
  const int first_row = info.flip_rows ? info.grid.rows - window.row1() : window.row0;
  CPLErrorReset();
  const CPLErr result = lease->GetRasterBand(info.band)->RasterIO(
      GF_Read, window.col0, first_row, window.cols, window.rows, buffer, window.cols, window.rows,
      as_complex ? GDT_CFloat32 : GDT_Float32, 0, 0, nullptr);
  if (result != CE_None) {
    return Error(Fault::kRasterTruncated, "{}: rows {} to {} cannot be read ({})", source.path, first_row,
                 first_row + window.rows - 1, LastGdalError());
  }
  return {};
}

namespace {

template <typename T>
void FlipRows(std::vector<T>& values, int rows, int cols) {
  for (int r = 0; r < rows / 2; ++r) {
    std::swap_ranges(values.begin() + static_cast<long>(r) * cols, values.begin() + static_cast<long>(r + 1) * cols,
                     values.begin() + static_cast<long>(rows - 1 - r) * cols);
  }
}

}  // namespace

StatusOr<Array2<float>> DatasetPool::Read(const RasterSource& source, const RasterInfo& info,
                                          const Window& window) const {
  if (info.is_complex) {
    FW_ASSIGN_OR_RETURN(ComplexWindow parts, ReadComplex(source, info, window));
    return std::move(parts.phase_rad);
  }
  Array2<float> band(window.rows, window.cols);
  if (window.empty()) return band;
  FW_RETURN_IF_ERROR(ReadPixels(source, info, window, band.values.data(), false));
  if (info.flip_rows) FlipRows(band.values, window.rows, window.cols);
  const bool scaled = info.scale != 1.0 || info.offset != 0.0;
  const float nodata = info.nodata ? static_cast<float>(*info.nodata) : kMissing;  // NaN equals nothing
  for (float& value : band.values) {
    if (value == nodata || !std::isfinite(value)) {
      value = kMissing;
    } else if (scaled) {
      value = static_cast<float>(value * info.scale + info.offset);
    }
  }
  return band;
}

StatusOr<ComplexWindow> DatasetPool::ReadComplex(const RasterSource& source, const RasterInfo& info,
                                                 const Window& window) const {
  ComplexWindow parts{Array2<float>(window.rows, window.cols), Array2<float>(window.rows, window.cols)};
  if (window.empty()) return parts;
  std::vector<std::complex<float>> numbers(static_cast<size_t>(window.pixels()));
  FW_RETURN_IF_ERROR(ReadPixels(source, info, window, numbers.data(), true));
  if (info.flip_rows) FlipRows(numbers, window.rows, window.cols);
  for (size_t i = 0; i < numbers.size(); ++i) {
    const float magnitude = std::abs(numbers[i]);
    const bool valid = std::isfinite(magnitude) && magnitude > 0.0f;
    parts.phase_rad.values[i] = valid ? std::arg(numbers[i]) : kMissing;
    parts.magnitude.values[i] = valid ? magnitude : kMissing;
  }
  return parts;
}

std::vector<Window> SampleWindows(int rows, int cols) {
  constexpr int kSpan_px = kSamplesPerSide * kSampleSide_px;
  const Window frame{0, 0, rows, cols};
  if (frame.pixels() <= static_cast<long>(kSpan_px) * kSpan_px) return {frame};
  std::vector<Window> windows;
  for (int r = 0; r < kSamplesPerSide; ++r) {
    for (int c = 0; c < kSamplesPerSide; ++c) {
      const int row = static_cast<int>((r + 0.5) / kSamplesPerSide * rows) - kSampleSide_px / 2;
      const int col = static_cast<int>((c + 0.5) / kSamplesPerSide * cols) - kSampleSide_px / 2;
      const Window window = Intersect({row, col, kSampleSide_px, kSampleSide_px}, frame);
      if (!window.empty()) windows.push_back(window);
    }
  }
  return windows;
}

Status NoCoherence(const std::string& path, float value) {
  return Error(Fault::kInputRejected, "{}: holds {:.4g}, which is no coherence (0 to 1, or bytes 0 to 255)", path,
               value);
}

}  // namespace fringewatch::io
