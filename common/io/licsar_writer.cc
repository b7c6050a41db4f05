#include "common/io/licsar_writer.h"

#include <gdal_priv.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <mutex>
#include <regex>

#include "common/base/parallel.h"
#include "common/io/dataset.h"
#include "common/io/file_replace.h"
#include "common/io/files.h"
#include "common/io/geopackage.h"

namespace fringewatch::io {
namespace {

constexpr int kStripRows = 256;  // the tile size: no tile is written twice
constexpr int kThreads = 2;
constexpr double kMillimetres = 1000.0;

/// A tiled GeoTIFF, filled strip by strip from the top.
class StripFile {
 public:
  static StatusOr<std::unique_ptr<StripFile>> Create(const std::string& path, const Grid& grid, bool bytes,
                                                     bool zero_is_nodata) {
    PrepareGdal();
    std::unique_ptr<StripFile> file(new StripFile(path));
    CPLStringList options;
    for (const char* option : {"TILED=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=256", "COMPRESS=DEFLATE", "ZLEVEL=1"}) {
      options.AddString(option);
    }
    options.AddString(bytes ? "PREDICTOR=2" : "PREDICTOR=3");
    CPLErrorReset();
    file->dataset_ = GetGDALDriverManager()->GetDriverByName("GTiff")->Create(
        file->partial_.c_str(), grid.cols, grid.rows, 1, bytes ? GDT_Byte : GDT_Float32, options.List());
    if (file->dataset_ == nullptr) return NotWritable(path, LastGdalError());
    double transform[6] = {grid.x0, grid.dx, 0.0, grid.y0, 0.0, grid.dy};
    file->dataset_->SetGeoTransform(transform);
    if (!grid.crs_wkt.empty()) file->dataset_->SetProjection(grid.crs_wkt.c_str());
    if (zero_is_nodata) file->dataset_->GetRasterBand(1)->SetNoDataValue(0.0);
    return file;
  }
  ~StripFile() {
    if (dataset_ == nullptr) return;
    GDALClose(dataset_);
    VSIUnlink(partial_.c_str());
  }
  template <typename T>
  Status Write(int first_row, Array2<T>& strip) {
    CPLErrorReset();
    const CPLErr result = dataset_->GetRasterBand(1)->RasterIO(
        GF_Write, 0, first_row, strip.cols, strip.rows, strip.values.data(), strip.cols, strip.rows,
        std::is_same_v<T, float> ? GDT_Float32 : GDT_Byte, 0, 0, nullptr);
    return result == CE_None ? Status() : NotWritable(path_, LastGdalError());
  }
  Status Finish() {
    CPLErrorReset();
    GDALClose(std::exchange(dataset_, nullptr));
    if (CPLGetLastErrorType() >= CE_Failure) {
      VSIUnlink(partial_.c_str());
      return NotWritable(path_, LastGdalError());
    }
    return Publish(partial_, path_);
  }

 private:
  explicit StripFile(const std::string& path) : path_(path), partial_(PartialName(path)) {}
  std::string path_;
  std::string partial_;
  GDALDataset* dataset_ = nullptr;
};

std::vector<Window> Strips(const Grid& grid) {
  std::vector<Window> strips;
  for (int row = 0; row < grid.rows; row += kStripRows) {
    strips.push_back({row, 0, std::min(kStripRows, grid.rows - row), grid.cols});
  }
  return strips;
}

// One float raster from a function of the strip.
Status WriteRaster(const std::string& path, const Grid& grid, bool zero_is_nodata,
                   const std::function<Array2<float>(const Window&)>& values_of) {
  FW_ASSIGN_OR_RETURN(const std::unique_ptr<StripFile> file, StripFile::Create(path, grid, false, zero_is_nodata));
  for (const Window& strip : Strips(grid)) {
    Array2<float> values = values_of(strip);
    FW_RETURN_IF_ERROR(file->Write(strip.row0, values));
  }
  return file->Finish();
}

Status MakeFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  return error ? NotWritable(path, error.message()) : Status();
}

Status WritePair(const sim::Scene& scene, int pair, const std::string& pairs_folder) {
  const Grid& grid = scene.track().grid;
  const std::string key = scene.track().pairs[static_cast<size_t>(pair)].Key();
  const std::string prefix = fmt::format("{}/{}/{}.geo.", pairs_folder, key, key);
  FW_RETURN_IF_ERROR(MakeFolder(FolderOf(prefix)));
  FW_ASSIGN_OR_RETURN(const auto phase_file, StripFile::Create(prefix + "diff_pha.tif", grid, false, true));
  FW_ASSIGN_OR_RETURN(const auto coherence_file, StripFile::Create(prefix + "cc.tif", grid, true, true));
  for (const Window& strip : Strips(grid)) {
    PairRaster observed = scene.Observe(pair, strip);
    Array2<uint8_t> coherence(strip.rows, strip.cols);
    for (size_t i = 0; i < coherence.size(); ++i) {
      float& phase = observed.phase_rad.values[i];
      if (std::isnan(phase)) {
        phase = 0.0f;
        continue;
      }
      if (phase == 0.0f) phase = std::numeric_limits<float>::min();  // 0 means missing
      coherence.values[i] = static_cast<uint8_t>(std::lround(255.0f * observed.coherence.values[i]));
    }
    FW_RETURN_IF_ERROR(phase_file->Write(strip.row0, observed.phase_rad));
    FW_RETURN_IF_ERROR(coherence_file->Write(strip.row0, coherence));
  }
  FW_RETURN_IF_ERROR(phase_file->Finish());
  return coherence_file->Finish();
}

// The frame's name by LiCSAR's rule: track, direction, number, bursts.
std::string FrameName(const Track& track, uint64_t seed) {
  static const std::regex kRule(R"(\d{3}[AD]_[A-Z0-9]{5}_\d{6})");
  if (std::regex_match(track.name, kRule)) return track.name;
  return fmt::format("001{}_{:05}_010101", track.orbit_direction == "descending" ? 'D' : 'A', seed % 100000);
}

// Baselines of all dates that hang together with the first one, by adding up pairs.
std::string BaselinesText(const Track& track) {
  const Date primary = track.pairs.front().date1;
  std::map<Date, double> known = {{primary, 0.0}};
  for (size_t before = 0; before != known.size();) {
    before = known.size();
    for (const Pair& pair : track.pairs) {
      if (known.contains(pair.date1)) known.emplace(pair.date2, known[pair.date1] + pair.perpendicular_baseline_m);
      if (known.contains(pair.date2)) known.emplace(pair.date1, known[pair.date2] - pair.perpendicular_baseline_m);
    }
  }
  std::string text;
  for (const auto& [date, baseline_m] : known) {
    text += fmt::format("{} {} {:.3f} {}\n", primary.Compact(), date.Compact(), baseline_m, DaysBetween(primary, date));
  }
  return text;
}

Status WriteMetadata(const sim::Scene& scene, const std::string& folder) {
  const Track& track = scene.track();
  const sim::SceneConfig& config = scene.config();
  const std::string prefix = JoinPath(folder, FrameName(track, config.seed)) + ".geo.";
  const LineOfSight los = track.line_of_sight.value_or(LineOfSight{});
  const std::pair<const char*, double> components[] = {{"E", los.east}, {"N", los.north}, {"U", los.up}};
  for (const auto& [name, value] : components) {
    FW_RETURN_IF_ERROR(WriteRaster(prefix + name + ".tif", track.grid, true, [&value = value](const Window& strip) {
      return Array2<float>(strip.rows, strip.cols, static_cast<float>(value));
    }));
  }
  FW_RETURN_IF_ERROR(
      WriteRaster(prefix + "hgt.tif", track.grid, false, [&](const Window& strip) { return scene.Height(strip); }));
  const std::string text = fmt::format(
      "master={}\ncenter_time=12:00:00\nheading={}\navg_incidence_angle={}\nwavelength={:.9g}\napplied_DEM=simulated\n",
      scene.dates().front().Compact(), config.heading_deg, config.incidence_deg, track.wavelength_m);
  FW_RETURN_IF_ERROR(WriteWholeFile(JoinPath(folder, "metadata.txt"), text));
  return WriteWholeFile(JoinPath(folder, "baselines"), BaselinesText(track));
}

std::string KindName(sim::SourceKind kind) {
  switch (kind) {
    case sim::SourceKind::kBowl: return "bowl";
    case sim::SourceKind::kMiningBasin: return "mining basin";
    case sim::SourceKind::kLandslide: return "landslide";
    case sim::SourceKind::kMogi: return "mogi";
    case sim::SourceKind::kOkada: return "okada";
    case sim::SourceKind::kSinkhole: return "sinkhole";
  }
  return "unknown";
}

Status WriteTrueSites(const sim::Scene& scene, const std::string& path) {
  PolygonLayer layer;
  layer.name = "truth";
  layer.fields = {{"site_id", FieldType::kInteger},
                  {"kind", FieldType::kText},
                  {"radius_m", FieldType::kReal},
                  {"peak_rate_mm_yr", FieldType::kReal},
                  {"peak_phase_12_days_rad", FieldType::kReal},
                  {"row", FieldType::kReal},
                  {"col", FieldType::kReal}};
  for (const sim::TrueSite& site : scene.sites()) {
    layer.features.push_back(
        {site.outline,
         {int64_t{site.id}, KindName(site.kind), site.radius_m, site.peak_rate_m_per_yr * kMillimetres,
          site.peak_phase_12_days_rad, site.row, site.col}});
  }
  return WriteGeoPackage(path, layer, scene.track().grid);
}

Array2<float> InMillimetres(Array2<float> metres) {
  for (float& value : metres.values) value *= static_cast<float>(kMillimetres);
  return metres;
}

Status WriteTruth(const sim::Scene& scene, const std::string& folder) {
  const Grid& grid = scene.track().grid;
  FW_RETURN_IF_ERROR(WriteTrueSites(scene, JoinPath(folder, "sites.gpkg")));
  FW_RETURN_IF_ERROR(WriteRaster(JoinPath(folder, "velocity.tif"), grid, false,
                                 [&](const Window& strip) { return InMillimetres(scene.Velocity(strip)); }));
  const int epochs = static_cast<int>(scene.dates().size());
  std::vector<Status> written(scene.dates().size());
  ParallelFor(epochs, kThreads, [&](int e) {
    const size_t epoch = static_cast<size_t>(e);
    const std::string path = JoinPath(folder, "displacement_" + scene.dates()[epoch].Compact() + ".tif");
    written[epoch] = WriteRaster(path, grid, false,
                                 [&](const Window& strip) { return InMillimetres(scene.Displacement(e, strip)); });
  });
  for (const Status& status : written) FW_RETURN_IF_ERROR(status);
  return {};
}

}  // namespace

Status WriteSimulation(const sim::Scene& scene, const std::string& folder,
                       const std::function<void(int done)>& progress) {
  const std::string pairs_folder = JoinPath(folder, "interferograms");
  for (const char* below : {"interferograms", "metadata", "truth"})
    FW_RETURN_IF_ERROR(MakeFolder(JoinPath(folder, below)));
  FW_RETURN_IF_ERROR(WriteMetadata(scene, JoinPath(folder, "metadata")));
  FW_RETURN_IF_ERROR(WriteTruth(scene, JoinPath(folder, "truth")));
  const int pairs = static_cast<int>(scene.track().pairs.size());
  std::vector<Status> written(scene.track().pairs.size());
  std::mutex mutex;
  int done = 0;
  bool failed = false;
  ParallelFor(pairs, kThreads, [&](int pair) {
    {
      const std::lock_guard lock(mutex);
      if (failed) return;
    }
    written[static_cast<size_t>(pair)] = WritePair(scene, pair, pairs_folder);
    const std::lock_guard lock(mutex);
    failed = failed || !written[static_cast<size_t>(pair)].ok();
    if (progress && !failed) progress(++done);
  });
  for (const Status& status : written) FW_RETURN_IF_ERROR(status);
  return {};
}

}  // namespace fringewatch::io
