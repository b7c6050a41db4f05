#include "services/results/app/write_products.h"

#include <filesystem>
#include <map>

#include "common/base/hash.h"
#include "common/io/cog_writer.h"
#include "common/io/file_replace.h"
#include "common/io/geopackage.h"
#include "common/io/mintpy_file.h"
#include "services/results/app/report_background.h"
#include "services/results/app/report_html.h"
#include "services/results/core/manifest.h"

namespace fringewatch::results {
namespace {

namespace fs = std::filesystem;
using Tags = std::map<std::string, std::string>;

Status PrepareFolder(const std::string& folder) {
  std::error_code failure;
  fs::create_directories(folder + "/sites", failure);
  if (failure) return io::NotWritable(folder, failure.message());
  fs::remove(folder + "/manifest.json", failure);
  for (const fs::directory_entry& entry : fs::directory_iterator(folder + "/sites", failure)) {
    if (entry.path().extension() == ".h5") fs::remove(entry.path(), failure);
  }
  return failure ? io::NotWritable(folder, failure.message()) : Status();
}

std::string VotingPairs(const FlaggedSite& site, const Track& track) {
  std::vector<std::string> keys;
  for (const int pair : site.voting_pairs) {
    if (pair >= 0 && pair < static_cast<int>(track.pairs.size())) keys.push_back(track.pairs[pair].Key());
  }
  return fmt::format("{}", fmt::join(keys, ","));
}

io::PolygonLayer SiteLayer(const Inventory& inventory, const Track& track) {
  using enum io::FieldType;
  io::PolygonLayer layer{"sites",
                         {{"site_id", kText},
                          {"kind", kText},
                          {"score", kReal},
                          {"probability", kReal},
                          {"first_date", kText},
                          {"last_date", kText},
                          {"area_m2", kReal},
                          {"vel_mm_yr", kReal},
                          {"vel_std", kReal},
                          {"vel_max_mm_yr", kReal},
                          {"accel_mm_yr2", kReal},
                          {"quality", kReal},
                          {"flags", kText},
                          {"orbit", kText},
                          {"n_pairs", kInteger},
                          {"voting_pairs", kText},
                          {"peak_row", kInteger},
                          {"peak_col", kInteger},
                          {"failure", kText}},
                         {}};
  const std::vector<Date> dates = DatesOf(track.pairs);
  const std::string first = dates.empty() ? "" : dates.front().Iso(), last = dates.empty() ? "" : dates.back().Iso();
  for (const SiteRecord& site : inventory.sites) {
    const SiteSummary summary = Summarise(site, track.grid);
    layer.features.push_back({site.flagged.outline,
                              {site.site_id, site.flagged.kind, site.flagged.score, site.flagged.mean_score, first,
                               last, summary.area_m2, summary.vel_mm_yr, summary.vel_std, summary.vel_max_mm_yr,
                               summary.accel_mm_yr2, summary.quality, summary.flags, track.orbit_direction,
                               static_cast<int64_t>(track.pairs.size()), VotingPairs(site.flagged, track),
                               int64_t{site.flagged.peak_row}, int64_t{site.flagged.peak_col}, site.failure}});
  }
  return layer;
}

/// `raster` in mm where a pixel belongs to the site, NaN elsewhere.
Array2<float> InsideMillimetres(const SiteSeries& series, const Array2<float>& raster) {
  Array2<float> inside(raster.rows, raster.cols, kMissing);
  for (size_t i = 0; i < raster.size(); ++i) {
    const uint8_t flags = series.flags.empty() ? 0 : series.flags.values[i];
    if (!(flags & (kOutsideSite | kNoData))) inside.values[i] = 1000.0F * raster.values[i];
  }
  return inside;
}

/// One raster of the frame from the same raster of every site; where two sites meet, the stronger one shows.
Status WriteMosaic(const std::string& path, const Grid& grid, const Inventory& inventory,
                   Array2<float> SiteSeries::*raster, const std::string& description, const Tags& tags) {
  FW_ASSIGN_OR_RETURN(const auto writer, io::CogWriter::Create(path, grid, {description}));
  for (auto site = inventory.sites.rbegin(); site != inventory.sites.rend(); ++site) {
    const Array2<float>& values = site->series.*raster;
    if (!site->has_series || values.empty()) continue;
    FW_RETURN_IF_ERROR(writer->Write(0, site->series.window, InsideMillimetres(site->series, values)));
  }
  return writer->Finish(tags);
}

Tags CommonTags(const Track& track, const RunFacts& facts) {
  Tags tags = {{"UNITS", "mm/yr"},
               {"SIGN", "positive_toward_satellite"},
               {"REFERENCE", "coherent ground around each site"},
               {"TRACK", track.name},
               {"RUN_ID", facts.run_id},
               {"VERSION", facts.version},
               {"WAVELENGTH_M", fmt::format("{}", track.wavelength_m)},
               {"MODEL_SHA256", fmt::format("{}", fmt::join(facts.model_hashes, ","))}};
  if (const std::vector<Date> dates = DatesOf(track.pairs); !dates.empty()) {
    tags["DATE1"] = dates.front().Compact();
    tags["DATE2"] = dates.back().Compact();
  }
  return tags;
}

Status WriteSites(const std::string& folder, const Track& track, const Inventory& inventory, const RunFacts& facts) {
  for (const SiteRecord& site : inventory.sites) {
    if (!site.has_series) continue;
    FW_RETURN_IF_ERROR(io::WriteSiteFile(folder + "/sites/" + site.site_id + ".h5", site.series, track,
                                         {{"SITE_ID", site.site_id},
                                          {"RUN_ID", facts.run_id},
                                          {"FRINGEWATCH_VERSION", facts.version},
                                          {"MODEL_SHA256", fmt::format("{}", fmt::join(facts.model_hashes, ","))}}));
  }
  return {};
}

StatusOr<std::vector<ProductFile>> HashProducts(const std::string& folder, const Inventory& inventory) {
  std::vector<std::string> names = {"run.json", "sites.gpkg", "velocity.tif", "velocity_std.tif", "report.html"};
  for (const SiteRecord& site : inventory.sites) {
    if (site.has_series) names.push_back("sites/" + site.site_id + ".h5");
  }
  std::vector<ProductFile> products;
  for (const std::string& name : names) {
    const std::string path = folder + "/" + name;
    FW_ASSIGN_OR_RETURN(const std::string hash, Sha256File(path));
    products.push_back({name, hash, fs::file_size(path)});
  }
  return products;
}

}  // namespace

Status WriteProducts(const std::string& folder, const StackReader& stack, std::vector<SiteRecord> sites,
                     const RunFacts& facts) {
  return WriteMergedProducts(folder, stack, BuildInventory(std::move(sites)), facts);
}

Status WriteMergedProducts(const std::string& folder, const StackReader& stack, const Inventory& inventory,
                           const RunFacts& facts) {
  const Track& track = stack.track();
  FW_RETURN_IF_ERROR(PrepareFolder(folder));
  FW_RETURN_IF_ERROR(io::WriteWholeFile(folder + "/run.json", RunJson(track, facts)));
  FW_RETURN_IF_ERROR(io::WriteGeoPackage(folder + "/sites.gpkg", SiteLayer(inventory, track), track.grid));
  const Tags tags = CommonTags(track, facts);
  FW_RETURN_IF_ERROR(WriteMosaic(folder + "/velocity.tif", track.grid, inventory, &SiteSeries::velocity_m_per_yr,
                                 "line-of-sight velocity, mm/yr, positive towards the satellite", tags));
  FW_RETURN_IF_ERROR(WriteMosaic(folder + "/velocity_std.tif", track.grid, inventory,
                                 &SiteSeries::velocity_std_m_per_yr,
                                 "standard deviation of the line-of-sight velocity, mm/yr", tags));
  FW_RETURN_IF_ERROR(WriteSites(folder, track, inventory, facts));
  const Background background = ReadBackground(stack);
  FW_ASSIGN_OR_RETURN(const std::string report, ReportHtml({track, facts, inventory, background}));
  FW_RETURN_IF_ERROR(io::WriteWholeFile(folder + "/report.html", report));
  FW_ASSIGN_OR_RETURN(const std::vector<ProductFile> products, HashProducts(folder, inventory));
  return io::WriteWholeFile(folder + "/manifest.json", ManifestJson(track, facts, inventory, products));
}

}  // namespace fringewatch::results
