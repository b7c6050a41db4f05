#include "services/unwrapper/app/patch_task.h"

#include "common/io/mintpy_file.h"
#include "common/queue/task_id.h"
#include "common/wire/task_json.h"

namespace fringewatch::unwrapper {

StatusOr<std::vector<Task>> PatchTaskHandler::Handle(const Task& task) {
  FW_ASSIGN_OR_RETURN(const wire::PatchOrder order, wire::PatchOrderFromJson(task.payload));
  const std::string key = PatchKey(task.task_id);
  if (!store_.Exists(key)) {
    FW_ASSIGN_OR_RETURN(const std::string stored, store_.Get(order.detect_key));
    FW_ASSIGN_OR_RETURN(const FlaggedSite site, wire::SiteFromAnswer(order, stored));
    FW_ASSIGN_OR_RETURN(const SiteSeries series, unwrapper_.Unwrap(stack_, site));
    FW_ASSIGN_OR_RETURN(const std::string bytes, io::EncodeSiteFile(series, stack_.track(), {}));
    FW_RETURN_IF_ERROR(store_.PutIfAbsent(key, bytes));
  }
  return std::vector<Task>{{.task_id = FollowUpId(task.task_id, "site", 0),
                            .run_id = task.run_id,
                            .kind = "site",
                            .priority = task.priority,
                            .payload = wire::SiteResultToJson({order, key})}};
}

}  // namespace fringewatch::unwrapper
