#include "common/stack/track_identity.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

namespace fringewatch {
namespace {

using Json = nlohmann::json;  // objects sort their keys; doubles are printed shortest and exact

Json ToJson(const Grid& grid) {
  return {{"rows", grid.rows}, {"cols", grid.cols}, {"x0", grid.x0},      {"y0", grid.y0},
          {"dx", grid.dx},     {"dy", grid.dy},     {"crs", grid.crs_wkt}};
}

Json PairsOf(const Track& track) {
  Json pairs = Json::array();
  for (const Pair& pair : track.pairs) pairs.push_back(pair.Key());
  return pairs;
}

/// Accepted files by name and role, sorted: a copy of the data elsewhere is the same track.
Json AcceptedFiles(const Track& track) {
  std::vector<std::string> files;
  for (const InputRecord& input : track.inputs) {
    if (input.verdict != InputRecord::Verdict::kAccepted) continue;
    files.push_back(input.role + ":" + std::filesystem::path(input.path).filename().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::string TrackIdentity(const Track& track) {
  Json json{{"name", track.name},
            {"format", track.format},
            {"grid", ToJson(track.grid)},
            {"wavelength_m", track.wavelength_m},
            {"orbit_direction", track.orbit_direction},
            {"rewrapped", track.rewrapped},
            {"pairs", PairsOf(track)},
            {"files", AcceptedFiles(track)}};
  if (const auto& los = track.line_of_sight) json["line_of_sight"] = {los->east, los->north, los->up};
  // File names may hold any bytes; they are replaced, not refused.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace fringewatch
