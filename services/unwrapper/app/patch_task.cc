#include "services/unwrapper/app/patch_task.h"

#include "common/io/mintpy_file.h"
#include "common/queue/task_id.h"

namespace fringewatch::unwrapper {

StatusOr<std::vector<Task>> PatchTaskHandler::Handle(const Task& task) {
  return WorkOnRun(runs_, task, kit_, &RunRecord::unwrapper_models,
                   [&](const OpenRun& run) { return Work(task, run); });
}

Status PatchTaskHandler::Compute(const wire::PatchOrder& order, const OpenRun& run, const std::string& key) {
  FW_ASSIGN_OR_RETURN(const std::string stored, store_.Get(order.detect_key));
  FW_ASSIGN_OR_RETURN(const FlaggedSite site, wire::SiteFromAnswer(order, stored));
  FW_ASSIGN_OR_RETURN(const SiteSeries series, unwrapper_.Unwrap(*run.stack, site));
  if (on_patch_) on_patch_(series);
  FW_ASSIGN_OR_RETURN(const std::string bytes, io::EncodeSiteFile(series, run.stack->track(), {}));
  return store_.PutIfAbsent(key, bytes);
}

StatusOr<std::vector<Task>> PatchTaskHandler::Work(const Task& task, const OpenRun& run) {
  FW_ASSIGN_OR_RETURN(const wire::PatchOrder order, wire::PatchOrderFromJson(task.payload));
  const std::string key = PatchKey(task.task_id);
  if (!store_.Exists(key)) {
    FW_RETURN_IF_ERROR(Compute(order, run, key));
  } else if (const StatusOr<std::string> whole = store_.Get(key); !whole.ok()) {
    return whole.status();  // said by the task that can make it again, once it is removed
  }
  return std::vector<Task>{{.task_id = FollowUpId(task.task_id, kSiteKind, 0),
                            .run_id = task.run_id,
                            .kind = kSiteKind,
                            .priority = task.priority,
                            .payload = wire::SiteResultToJson({order, key})}};
}

}  // namespace fringewatch::unwrapper
