#include "services/results/app/site_collector.h"

#include "common/io/mintpy_file.h"
#include "common/wire/task_json.h"

namespace fringewatch::results {
namespace {

/// The site that an order points at, as the detector saw it.
StatusOr<SiteRecord> RecordOf(const Track& track, const Store& store, const wire::PatchOrder& order) {
  FW_ASSIGN_OR_RETURN(const std::string stored, store.Get(order.detect_key));
  SiteRecord record;
  FW_ASSIGN_OR_RETURN(record.flagged, wire::SiteFromAnswer(order, stored));
  record.site_id = SiteId(track, record.flagged);
  return record;
}

}  // namespace

StatusOr<std::vector<Task>> SiteCollector::Handle(const Task& task) {
  FW_ASSIGN_OR_RETURN(const wire::SiteResult result, wire::SiteResultFromJson(task.payload));
  FW_ASSIGN_OR_RETURN(SiteRecord record, RecordOf(track_, store_, result.order));
  FW_ASSIGN_OR_RETURN(const std::string stored, store_.Get(result.series_key));
  FW_ASSIGN_OR_RETURN(record.series, io::DecodeSiteFile(stored));
  record.has_series = true;
  const std::lock_guard lock(mutex_);
  sites_.push_back(std::move(record));
  return std::vector<Task>();
}

Status SiteCollector::AddUnmeasured(const DeadTask& patch) {
  FW_ASSIGN_OR_RETURN(const wire::PatchOrder order, wire::PatchOrderFromJson(patch.task.payload));
  FW_ASSIGN_OR_RETURN(SiteRecord record, RecordOf(track_, store_, order));
  record.failure = MessageOf(patch.status);
  const std::lock_guard lock(mutex_);
  sites_.push_back(std::move(record));
  return {};
}

std::vector<SiteRecord> SiteCollector::Sites() const {
  const std::lock_guard lock(mutex_);
  return sites_;
}

}  // namespace fringewatch::results
