#include "services/results/core/manifest.h"

#include <nlohmann/json.hpp>

namespace fringewatch::results {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";  // file names need not be UTF-8
}

Json RequestOf(const RunFacts& facts) {
  Json request = Json::parse(facts.request_json, nullptr, false);
  return request.is_discarded() ? Json(facts.request_json) : request;
}

Json GridJson(const Grid& grid) {
  return {{"rows", grid.rows},
          {"cols", grid.cols},
          {"x0", grid.x0},
          {"y0", grid.y0},
          {"dx", grid.dx},
          {"dy", grid.dy},
          {"spacing_x_m", grid.spacing_x_m},
          {"spacing_y_m", grid.spacing_y_m},
          {"geographic", grid.geographic},
          {"crs_wkt", grid.crs_wkt}};
}

Json TrackJson(const Track& track) {
  Json pairs = Json::array();
  for (const Pair& pair : track.pairs) pairs.push_back(pair.Key());
  Json json = {{"name", track.name},
               {"format", track.format},
               {"grid", GridJson(track.grid)},
               {"wavelength_m", track.wavelength_m},
               {"wavelength_source", track.wavelength_source},
               {"orbit_direction", track.orbit_direction},
               {"has_coherence", track.has_coherence},
               {"has_height", track.has_height},
               {"rewrapped", track.rewrapped},
               {"pairs", pairs},
               {"notes", track.notes}};
  if (track.line_of_sight) {
    json["line_of_sight_east_north_up"] = {track.line_of_sight->east, track.line_of_sight->north,
                                           track.line_of_sight->up};
  }
  return json;
}

Json InputsJson(const Track& track) {
  Json inputs = {{"accepted", Json::array()}, {"superseded", Json::array()}, {"rejected", Json::array()}};
  for (const InputRecord& input : track.inputs) {
    Json record = {{"path", input.path}, {"role", input.role}};
    if (!input.reason.empty()) record["reason"] = input.reason;
    const char* verdict = input.verdict == InputRecord::Verdict::kAccepted     ? "accepted"
                          : input.verdict == InputRecord::Verdict::kSuperseded ? "superseded"
                                                                               : "rejected";
    inputs[verdict].push_back(std::move(record));
  }
  return inputs;
}

}  // namespace

std::string RunJson(const Track& track, const RunFacts& facts) {
  return Dump({{"run_id", facts.run_id},
               {"version", facts.version},
               {"device", facts.device},
               {"model_sha256", facts.model_hashes},
               {"request", RequestOf(facts)},
               {"track", TrackJson(track)}});
}

std::string ManifestJson(const Track& track, const RunFacts& facts, const Inventory& inventory,
                         const std::vector<ProductFile>& products) {
  Json files = Json::array();
  for (const ProductFile& product : products) {
    files.push_back({{"path", product.path}, {"sha256", product.sha256}, {"bytes", product.bytes}});
  }
  Json without_series = Json::array();
  for (const SiteRecord& site : inventory.sites) {
    if (!site.has_series) without_series.push_back({{"site_id", site.site_id}, {"reason", site.failure}});
  }
  return Dump({{"run_id", facts.run_id},
               {"version", facts.version},
               {"device", facts.device},
               {"model_sha256", facts.model_hashes},
               {"products", files},
               {"sites", inventory.sites.size()},
               {"sites_without_series", without_series},
               {"merged_sites", inventory.merged_away},
               {"pixels",
                {{"frame", facts.frame_pixels},
                 {"pairs", facts.pairs},
                 {"scanned", facts.pixels_scanned},
                 {"unwrapped", facts.pixels_unwrapped},
                 {"in_patches", facts.patch_pixels},
                 {"avoided_ratio", AvoidedRatio(facts)}}},
               {"failed_tasks", facts.failed_tasks},
               {"inputs", InputsJson(track)},
               {"notes", track.notes}});
}

}  // namespace fringewatch::results
