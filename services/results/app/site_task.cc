#include "services/results/app/site_task.h"

#include "common/wire/task_json.h"
#include "services/results/app/read_series.h"

namespace fringewatch::results {
namespace {

/// The site that `result` points at, as the detector saw it and as the unwrapper measured it.
StatusOr<SiteRecord> ReadSite(const Track& track, const Store& store, const wire::SiteResult& result) {
  FW_ASSIGN_OR_RETURN(const std::string answer, store.Get(result.order.detect_key));
  SiteRecord record;
  FW_ASSIGN_OR_RETURN(record.flagged, wire::SiteFromAnswer(result.order, answer));
  record.site_id = SiteId(track, record.flagged);
  FW_RETURN_IF_ERROR(ReadSeries(store, result.series_key, record));
  return record;
}

}  // namespace

StatusOr<std::vector<Task>> SiteTaskHandler::Handle(const Task& task) {
  FW_ASSIGN_OR_RETURN(const wire::SiteResult result, wire::SiteResultFromJson(task.payload));
  FW_ASSIGN_OR_RETURN(const auto run, runs_.Open(task.run_id));
  FW_ASSIGN_OR_RETURN(const SiteRecord record, ReadSite(run->stack->track(), store_, result));
  if (inventory_ != nullptr) {
    FW_ASSIGN_OR_RETURN(InventorySite site, ToInventorySite(*run, record));
    site.provisional = true;
    FW_RETURN_IF_ERROR(inventory_->PutProvisional(site));
  }
  return std::vector<Task>();
}

}  // namespace fringewatch::results
