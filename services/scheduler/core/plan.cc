#include "services/scheduler/core/plan.h"

#include <nlohmann/json.hpp>

#include "common/base/hash.h"
#include "common/base/version.h"

namespace fringewatch::scheduler {
namespace {

using Json = nlohmann::json;  // objects sort their keys; doubles are printed shortest and exact

}  // namespace

RunSpec MakeSpec(const Track& track, double threshold, const std::string& compute,
                 const std::vector<std::string>& model_hashes, int tile_px, int halo_px) {
  return {.track_identity = TrackIdentity(track),
          .options = {{"threshold", fmt::format("{}", threshold)}, {"compute", compute}},
          .model_hashes = model_hashes,
          .version = kVersion,
          .tile_px = tile_px,
          .halo_px = halo_px};
}

std::string ToJson(const RunSpec& spec) {
  const Json json{{"track", spec.track_identity}, {"options", spec.options}, {"models", spec.model_hashes},
                  {"version", spec.version},      {"tile_px", spec.tile_px}, {"halo_px", spec.halo_px}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string RunHash(const RunSpec& spec) { return Sha256(ToJson(spec)); }

std::string RunId(const RunSpec& spec) { return RunHash(spec).substr(0, 12); }

std::string TaskId(std::string_view run_hash, std::string_view stage, std::string_view place) {
  return Sha256(fmt::format("{}\n{}\n{}", run_hash, stage, place)).substr(0, 32);
}

std::string PublishTaskId(std::string_view run_id, std::string_view outcome_key) {
  return Sha256(fmt::format("{}{}", run_id, outcome_key)).substr(0, 32);
}

StatusOr<std::vector<DetectTask>> PlanDetectTasks(const RunSpec& spec, const Grid& grid) {
  if (spec.tile_px < 1) return Error(Fault::kBadOption, "tile_px: {} is not at least 1", spec.tile_px);
  if (spec.halo_px < 0) return Error(Fault::kBadOption, "halo_px: {} is negative", spec.halo_px);
  const std::string run_hash = RunHash(spec);
  std::vector<DetectTask> tasks;
  for (const Tile& tile : PlanTiles(grid.rows, grid.cols, spec.tile_px, spec.halo_px)) {
    const Window& core = tile.core;
    const std::string place = fmt::format("{} {} {} {}", core.row0, core.col0, core.rows, core.cols);
    tasks.push_back({TaskId(run_hash, "detect", place), tile});
  }
  return tasks;
}

}  // namespace fringewatch::scheduler
