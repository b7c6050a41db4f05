/// The plan of a run: what identifies it, and which tasks it begins with.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/raster/grid.h"
#include "common/raster/tiling.h"
#include "common/stack/track.h"
#include "common/stack/track_identity.h"

namespace fringewatch::scheduler {

/// Everything that decides the products of a run, and nothing else: not where it runs, with how many workers, when.
struct RunSpec {
  std::string track_identity;                  ///< TrackIdentity of the opened track
  std::map<std::string, std::string> options;  ///< resolved options that change the answer, by name
  std::vector<std::string> model_hashes;
  std::string version;  ///< of Fringewatch
  int tile_px = 0;      ///< edge of a tile's core
  int halo_px = 0;      ///< context around it
};

/// The spec of this version of Fringewatch, wherever the run is computed. `threshold`: evidence a site must reach;
/// `compute`: device kind and precision ("cpu bf16"); `model_hashes`: the detector's, then the unwrapper's.
[[nodiscard]] RunSpec MakeSpec(const Track& track, double threshold, const std::string& compute,
                               const std::vector<std::string>& model_hashes, int tile_px, int halo_px);

/// Canonical JSON of a spec: equal specs give equal bytes.
[[nodiscard]] std::string ToJson(const RunSpec& spec);

/// SHA-256 of ToJson(spec).
[[nodiscard]] std::string RunHash(const RunSpec& spec);

/// Name of a run everywhere: the first 12 hexadecimal digits of RunHash(spec).
[[nodiscard]] std::string RunId(const RunSpec& spec);

/// Name of a task: first 32 hexadecimal digits of SHA-256 over the run's hash, the stage ("detect") and the place
/// (a tile's window). Equal inputs, equal name: a repeated task finds its own artifact.
[[nodiscard]] std::string TaskId(std::string_view run_hash, std::string_view stage, std::string_view place);

/// Name of the task that writes the products of one outcome: first 32 hexadecimal digits of SHA-256 over both.
[[nodiscard]] std::string PublishTaskId(std::string_view run_id, std::string_view outcome_key);

struct DetectTask {
  std::string task_id;
  Tile tile;
};

/// Detection tasks of a frame, row-major. \error kBadOption when tile_px < 1 or halo_px < 0.
[[nodiscard]] StatusOr<std::vector<DetectTask>> PlanDetectTasks(const RunSpec& spec, const Grid& grid);

}  // namespace fringewatch::scheduler
