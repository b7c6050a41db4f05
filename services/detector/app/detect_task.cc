#include "services/detector/app/detect_task.h"

#include "common/queue/task_id.h"
#include "common/wire/task_json.h"

namespace fringewatch::detector {
namespace {

std::vector<Task> PatchTasksOf(const Task& task, const wire::DetectAnswer& answer) {
  std::vector<Task> patches;
  for (int i = 0; i < static_cast<int>(answer.sites.size()); ++i) {
    patches.push_back({.task_id = FollowUpId(task.task_id, kPatchKind, i),
                       .run_id = task.run_id,
                       .kind = kPatchKind,
                       .priority = task.priority,
                       .payload = wire::PatchOrderToJson({DetectKey(task.task_id), i})});
  }
  return patches;
}

}  // namespace

StatusOr<std::vector<Task>> DetectTaskHandler::Handle(const Task& task) {
  return WorkOnRun(runs_, task, kit_, &RunRecord::detector_models, [&](const OpenRun& run) { return Work(task, run); });
}

StatusOr<std::vector<Task>> DetectTaskHandler::Work(const Task& task, const OpenRun& run) {
  const std::string key = DetectKey(task.task_id);
  if (!store_.Exists(key)) {
    FW_ASSIGN_OR_RETURN(const Tile tile, wire::TileFromJson(task.payload));
    FW_ASSIGN_OR_RETURN(TileDetections found, detector_.Detect(*run.stack, tile, run.record.threshold));
    if (on_tile_) on_tile_(found);
    const wire::DetectAnswer answer{std::move(found.sites), found.pixels_scanned};
    FW_RETURN_IF_ERROR(store_.PutIfAbsent(key, wire::DetectAnswerToJson(answer)));
  }
  // Read back even when it was computed just now: what the store has is what the others see.
  FW_ASSIGN_OR_RETURN(const std::string stored, store_.Get(key));
  FW_ASSIGN_OR_RETURN(const wire::DetectAnswer answer, wire::DetectAnswerFromJson(stored));
  return PatchTasksOf(task, answer);
}

}  // namespace fringewatch::detector
