/// `fringewatch detect` and `fringewatch unwrap`: each network stage alone, on one interferogram.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "common/io/geopackage.h"
#include "common/io/raster_file.h"
#include "common/nn/device.h"
#include "common/nn/model_card.h"
#include "common/raster/phase.h"
#include "common/stack/envelope.h"
#include "services/cli/commands.h"
#include "services/detector/core/detect.h"
#include "services/unwrapper/core/unwrap_patch.h"

namespace fringewatch::cli {
namespace {

/// An interferogram with the grid of its phase file.
struct LoadedPair {
  Grid grid;
  PairRaster raster;
  std::string coherence_source;
};

StatusOr<LoadedPair> LoadPair(const PairFiles& files) {
  FW_ASSIGN_OR_RETURN(io::RasterFile phase, io::ReadRaster(files.phase));
  LoadedPair pair;
  pair.grid = phase.grid;
  pair.raster.phase_rad = std::move(phase.values);
  pair.coherence_source = files.coherence;
  Array2<float>& phase_rad = pair.raster.phase_rad;
  for (float& value : phase_rad.values) value = Wrap(value);
  if (files.coherence.empty()) {
    EstimateMissingCoherence(pair.raster);
    pair.coherence_source = "estimated from the phase";
  } else {
    FW_ASSIGN_OR_RETURN(io::RasterFile coherence, io::ReadCoherence(files.coherence));
    if (coherence.values.rows != phase_rad.rows || coherence.values.cols != phase_rad.cols) {
      return Error(Fault::kGridMismatch, "{} has {} x {} pixels, {} has {} x {}; give rasters of one grid",
                   files.coherence, coherence.values.rows, coherence.values.cols, files.phase, phase_rad.rows,
                   phase_rad.cols);
    }
    pair.raster.coherence = std::move(coherence.values);
  }
  for (size_t i = 0; i < phase_rad.size(); ++i) {
    float& coherence = pair.raster.coherence.values[i];
    if (std::isnan(coherence)) phase_rad.values[i] = kMissing;
    if (std::isnan(phase_rad.values[i])) coherence = kMissing;
  }
  if (std::all_of(phase_rad.values.begin(), phase_rad.values.end(), [](float v) { return std::isnan(v); })) {
    return Error(Fault::kNoValidPixels, "{}: every pixel is missing (NaN, nodata or zero coherence)", files.phase);
  }
  return pair;
}

io::PolygonLayer LayerOf(const std::vector<FlaggedSite>& sites, const Grid& grid) {
  io::PolygonLayer layer;
  layer.name = "sites";
  layer.fields = {{"site_id", io::FieldType::kInteger}, {"score", io::FieldType::kReal},
                  {"mean_score", io::FieldType::kReal}, {"area_px", io::FieldType::kInteger},
                  {"area_m2", io::FieldType::kReal},    {"peak_row", io::FieldType::kInteger},
                  {"peak_col", io::FieldType::kInteger}};
  int64_t id = 0;
  for (const FlaggedSite& site : sites) {
    layer.features.push_back({site.outline,
                              {++id, site.score, site.mean_score, int64_t{site.area_px},
                               site.area_px * grid.PixelArea_m2(), int64_t{site.peak_row}, int64_t{site.peak_col}}});
  }
  return layer;
}

Status Detect(const DetectOptions& options) {
  FW_ASSIGN_OR_RETURN(const nn::Device device, nn::ResolveDevice(options.compute.device, options.compute.precision));
  FW_ASSIGN_OR_RETURN(const std::string models, nn::FindModels(options.compute.models));
  FW_ASSIGN_OR_RETURN(LoadedPair pair, LoadPair(options.files));
  if (options.pixel_size_m) {
    pair.grid.spacing_x_m = pair.grid.spacing_y_m = *options.pixel_size_m;
  }
  detector::DetectOptions settings;
  settings.threads = options.compute.threads;
  FW_ASSIGN_OR_RETURN(const auto detector, detector::Detector::Load(models, device, settings));
  FW_ASSIGN_OR_RETURN(const Array2<float> probability, detector->Probability(pair.raster));
  const std::vector<FlaggedSite> sites = detector->SitesOf(probability, options.threshold);
  const Acquisition acquisition{std::max(pair.grid.spacing_x_m, pair.grid.spacing_y_m),
                                options.wavelength_m.value_or(0.0), options.span_days.value_or(0)};

  std::error_code failed;
  std::filesystem::create_directories(options.out, failed);
  if (failed) return Error(Fault::kNotWritable, "{}: {}; give another --out", options.out, failed.message());
  std::map<std::string, std::string> tags = {{"UNITS", "1"},
                                             {"CONTENT", "probability that the pixel moves"},
                                             {"PHASE", options.files.phase},
                                             {"COHERENCE", pair.coherence_source}};
  if (options.wavelength_m) tags["WAVELENGTH_M"] = fmt::format("{}", *options.wavelength_m);
  if (options.span_days) tags["SPAN_DAYS"] = fmt::format("{}", *options.span_days);
  if (options.wavelength_m && options.span_days) {
    tags["MM_PER_YR_PER_FRINGE"] =
        fmt::format("{:.1f}", *options.wavelength_m / 2 * 1000 * kDaysPerYear / *options.span_days);
  }
  FW_RETURN_IF_ERROR(io::WriteCog(options.out + "/probability.tif", pair.grid, {{"probability", &probability}}, tags));
  FW_RETURN_IF_ERROR(io::WriteGeoPackage(options.out + "/sites.gpkg", LayerOf(sites, pair.grid), pair.grid));
  fmt::print("{} sites in {} x {} pixels; coherence: {}\n", sites.size(), pair.grid.rows, pair.grid.cols,
             pair.coherence_source);
  for (size_t i = 0; i < sites.size(); ++i) {
    fmt::print("  {:3}  row {:5} col {:5}  {:6} px  score {:.2f}\n", i + 1, sites[i].peak_row, sites[i].peak_col,
               sites[i].area_px, sites[i].score);
  }
  for (const std::string& reason : OutsideEnvelope(acquisition)) fmt::print("{}\n", reason);
  fmt::print("wrote {0}/probability.tif and {0}/sites.gpkg\n", options.out);
  return {};
}

Status Unwrap(const UnwrapOptions& options) {
  FW_ASSIGN_OR_RETURN(const nn::Device device, nn::ResolveDevice(options.compute.device, options.compute.precision));
  FW_ASSIGN_OR_RETURN(const std::string models, nn::FindModels(options.compute.models));
  FW_ASSIGN_OR_RETURN(const LoadedPair pair, LoadPair(options.files));
  unwrapper::UnwrapOptions settings;
  settings.threads = options.compute.threads;
  FW_ASSIGN_OR_RETURN(const auto unwrapper, unwrapper::Unwrapper::Load(models, device, settings));
  FW_ASSIGN_OR_RETURN(const unwrapper::UnwrappedPair unwrapped, unwrapper->UnwrapPair(pair.raster));
  FW_RETURN_IF_ERROR(io::WriteCog(options.out, pair.grid,
                                  {{"unwrapped phase, rad", &unwrapped.phase_rad},
                                   {"confidence, 0 to 1", &unwrapped.confidence},
                                   {"smoothed phase, rad", &unwrapped.smooth_rad},
                                   {"standard deviation of the smoothed phase, rad", &unwrapped.std_rad},
                                   {"connected component, 1 = largest, 0 = none", &unwrapped.component},
                                   {"cycles by which the two unwrappers differ", &unwrapped.disputed_cycles}},
                                  {{"UNITS", "rad"},
                                   {"SIGN", "positive_range_increase"},
                                   {"PHASE", options.files.phase},
                                   {"COHERENCE", pair.coherence_source}}));
  double confidence = 0;
  long count = 0;
  for (const float value : unwrapped.confidence.values) {
    if (std::isnan(value)) continue;
    confidence += value;
    ++count;
  }
  const auto share = [&](const Array2<float>& raster, auto&& test) {
    return 100.0 * static_cast<double>(std::count_if(raster.values.begin(), raster.values.end(), test)) /
           static_cast<double>(std::max(1L, count));
  };
  fmt::print(
      "unwrapped {} of {} pixels; mean confidence {:.2f}; {:.1f} % in the largest component; the two unwrappers "
      "differ on {:.1f} %; coherence: {}\nwrote {}\n",
      count, unwrapped.phase_rad.size(), confidence / static_cast<double>(std::max(1L, count)),
      share(unwrapped.component, [](float number) { return number == 1.0F; }),
      share(unwrapped.disputed_cycles, [](float cycles) { return std::abs(cycles) > 0.0F; }), pair.coherence_source,
      options.out);
  return {};
}

}  // namespace

ExitCode DetectCommand(const DetectOptions& options) { return Report(Detect(options)); }
ExitCode UnwrapCommand(const UnwrapOptions& options) { return Report(Unwrap(options)); }

}  // namespace fringewatch::cli
