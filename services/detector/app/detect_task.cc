#include "services/detector/app/detect_task.h"

#include "common/queue/task_id.h"
#include "common/wire/task_json.h"

namespace fringewatch::detector {
namespace {

std::vector<Task> PatchTasksOf(const Task& task, const wire::DetectAnswer& answer) {
  std::vector<Task> patches;
  for (int i = 0; i < static_cast<int>(answer.sites.size()); ++i) {
    patches.push_back({.task_id = FollowUpId(task.task_id, "patch", i),
                       .run_id = task.run_id,
                       .kind = "patch",
                       .priority = task.priority,
                       .payload = wire::PatchOrderToJson({DetectKey(task.task_id), i})});
  }
  return patches;
}

}  // namespace

StatusOr<std::vector<Task>> DetectTaskHandler::Handle(const Task& task) {
  const std::string key = DetectKey(task.task_id);
  if (!store_.Exists(key)) {
    FW_ASSIGN_OR_RETURN(const Tile tile, wire::TileFromJson(task.payload));
    FW_ASSIGN_OR_RETURN(TileDetections found, detector_.Detect(stack_, tile));
    const wire::DetectAnswer answer{std::move(found.sites), found.pixels_scanned};
    FW_RETURN_IF_ERROR(store_.PutIfAbsent(key, wire::DetectAnswerToJson(answer)));
  }
  FW_ASSIGN_OR_RETURN(const std::string stored, store_.Get(key));
  FW_ASSIGN_OR_RETURN(const wire::DetectAnswer answer, wire::DetectAnswerFromJson(stored));
  return PatchTasksOf(task, answer);
}

}  // namespace fringewatch::detector
