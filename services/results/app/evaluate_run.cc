#include "services/results/app/evaluate_run.h"

#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "common/io/file_replace.h"
#include "common/io/geopackage.h"
#include "common/io/mintpy_file.h"
#include "common/io/raster_file.h"

namespace fringewatch::results {
namespace {

namespace fs = std::filesystem;

StatusOr<double> WavelengthOf(const std::string& run_folder) {
  const std::string path = run_folder + "/run.json";
  FW_ASSIGN_OR_RETURN(const std::string text, io::ReadWholeFile(path));
  const nlohmann::json run = nlohmann::json::parse(text, nullptr, false);
  const auto pointer = nlohmann::json::json_pointer("/track/wavelength_m");
  if (run.is_discarded() || !run.contains(pointer) || !run[pointer].is_number() || run[pointer].get<double>() <= 0) {
    return Error(Fault::kNotReadable, "{}: no track.wavelength_m; is this the folder of a finished run?", path);
  }
  return run[pointer].get<double>();
}

StatusOr<std::vector<FoundSite>> ReadFound(const std::string& path, const Grid& grid) {
  FW_ASSIGN_OR_RETURN(const io::PolygonLayer layer, io::ReadGeoPackage(path, "sites", grid));
  std::vector<FoundSite> sites;
  for (const io::PolygonFeature& feature : layer.features) {
    sites.push_back({layer.Text(feature, "site_id"), feature.outline, layer.Number(feature, "score"),
                     layer.Number(feature, "peak_row"), layer.Number(feature, "peak_col")});
  }
  return sites;
}

StatusOr<std::vector<TrueSite>> ReadTruth(const std::string& path, const Grid& grid) {
  FW_ASSIGN_OR_RETURN(const io::PolygonLayer layer, io::ReadGeoPackage(path, "truth", grid));
  std::vector<TrueSite> sites;
  for (const io::PolygonFeature& feature : layer.features) {
    std::string id = layer.Text(feature, "site_id");
    if (const double number = layer.Number(feature, "site_id"); std::isfinite(number)) id = fmt::format("{}", number);
    sites.push_back({id, layer.Text(feature, "kind"), feature.outline, layer.Number(feature, "row"),
                     layer.Number(feature, "col"), layer.Number(feature, "radius_m"),
                     layer.Number(feature, "peak_rate_mm_yr"), layer.Number(feature, "peak_phase_12_days_rad")});
  }
  return sites;
}

bool SameGrid(const Grid& a, const Grid& b) {
  const auto close = [](double p, double q, double step) { return std::abs(p - q) < 1e-3 * std::abs(step); };
  return a.rows == b.rows && a.cols == b.cols && close(a.x0, b.x0, a.dx) && close(a.y0, b.y0, a.dy) &&
         close(a.dx, b.dx, a.dx) && close(a.dy, b.dy, a.dy);
}

/// Truth of one date, kept while the same date is asked for again.
class TrueDisplacement {
 public:
  TrueDisplacement(std::string folder, const Grid& grid) : folder_(std::move(folder)), grid_(grid) {}
  StatusOr<Array2<float>> operator()(Date date, const Window& window) {
    if (const auto kept = planes_.find(date); kept != planes_.end()) return Crop(kept->second, window);
    const std::string path = folder_ + "/displacement_" + date.Compact() + ".tif";
    FW_ASSIGN_OR_RETURN(io::RasterFile file, io::ReadRaster(path));
    if (!SameGrid(file.grid, grid_)) return Error(Fault::kGridMismatch, "{}: not the grid of the run", path);
    return Crop(planes_.emplace(date, std::move(file.values)).first->second, window);
  }

 private:
  std::string folder_;
  Grid grid_;
  std::map<Date, Array2<float>> planes_;
};

}  // namespace

StatusOr<Evaluation> EvaluateRun(const std::string& run_folder, const std::string& truth_folder) {
  const std::string truth = fs::exists(truth_folder + "/truth/sites.gpkg") ? truth_folder + "/truth" : truth_folder;
  EvaluationInput input;
  FW_ASSIGN_OR_RETURN(input.wavelength_m, WavelengthOf(run_folder));
  FW_ASSIGN_OR_RETURN(const io::RasterFile found_velocity, io::ReadRaster(run_folder + "/velocity.tif"));
  FW_ASSIGN_OR_RETURN(const io::RasterFile true_velocity, io::ReadRaster(truth + "/velocity.tif"));
  if (!SameGrid(found_velocity.grid, true_velocity.grid)) {
    return Error(Fault::kGridMismatch, "{}/velocity.tif and {}/velocity.tif lie on different grids", run_folder, truth);
  }
  input.grid = found_velocity.grid;
  FW_ASSIGN_OR_RETURN(input.found, ReadFound(run_folder + "/sites.gpkg", input.grid));
  FW_ASSIGN_OR_RETURN(input.truth, ReadTruth(truth + "/sites.gpkg", input.grid));
  const auto window_of = [](const io::RasterFile& file) {
    return [&file](const Window& window) -> StatusOr<Array2<float>> { return Crop(file.values, window); };
  };
  input.found_velocity_mm_yr = window_of(found_velocity);
  input.true_velocity_mm_yr = window_of(true_velocity);
  input.series = [&](const std::string& id) { return io::ReadSiteFile(run_folder + "/sites/" + id + ".h5"); };
  input.true_displacement_mm = TrueDisplacement(truth, input.grid);
  return Evaluate(input);
}

}  // namespace fringewatch::results
