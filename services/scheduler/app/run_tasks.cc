#include "services/scheduler/app/run_tasks.h"

#include <algorithm>
#include <tuple>

#include "common/queue/task_id.h"
#include "common/raster/tiling.h"
#include "common/wire/task_json.h"
#include "services/scheduler/core/plan.h"

namespace fringewatch::scheduler {

StatusOr<std::vector<Task>> DetectTasksOf(const RunRecord& record) {
  const std::vector<Tile> tiles = PlanTiles(record.rows, record.cols, record.tile_px, record.halo_px);
  if (tiles.size() != record.detect_task_ids.size()) {
    return Error(Fault::kInternal, "run {}: its record names {} detection tasks, its grid has {} tiles", record.run_id,
                 record.detect_task_ids.size(), tiles.size());
  }
  std::vector<Task> tasks;
  for (size_t i = 0; i < tiles.size(); ++i) {
    tasks.push_back({.task_id = record.detect_task_ids[i],
                     .run_id = record.run_id,
                     .kind = kDetectKind,
                     .priority = record.priority,
                     .payload = wire::TileToJson(tiles[i])});
  }
  return tasks;
}

RunOutcome OutcomeOf(const RunRecord& record, const std::set<std::string>& done, const std::vector<DeadTask>& dead) {
  RunOutcome outcome;
  for (const std::string& id : record.detect_task_ids) {
    if (done.contains(id)) outcome.done_detect_ids.push_back(id);
  }
  for (const DeadTask& letter : dead) {
    const Task& task = letter.task;
    if (task.kind == kPublishKind) continue;  // else an outcome that cannot be written would be another outcome
    outcome.dead.push_back({task.task_id, task.kind, task.payload, MessageOf(letter.status)});
  }
  std::sort(outcome.dead.begin(), outcome.dead.end(),
            [](const auto& a, const auto& b) { return std::tie(a.kind, a.task_id) < std::tie(b.kind, b.task_id); });
  return outcome;
}

Task PublishTaskOf(const RunRecord& record, const std::string& outcome_key) {
  return {.task_id = PublishTaskId(record.run_id, outcome_key),
          .run_id = record.run_id,
          .kind = kPublishKind,
          .priority = record.priority,
          .payload = outcome_key};
}

RunCounts StagesOf(const CountsByKind& counts) {
  const auto stage = [&counts](const char* kind) -> StageCounts {
    const auto found = counts.find(kind);
    if (found == counts.end()) return {};
    const TaskCounts& count = found->second;
    return {.queued = count.queued, .leased = count.leased, .done = count.done, .dead = count.dead};
  };
  return {.tiles = stage(kDetectKind),
          .patches = stage(kPatchKind),
          .sites = stage(kSiteKind),
          .publishing = stage(kPublishKind)};
}

}  // namespace fringewatch::scheduler
