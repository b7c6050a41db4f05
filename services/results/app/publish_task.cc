#include "services/results/app/publish_task.h"

#include <algorithm>
#include <set>

#include "services/results/app/gather_run.h"
#include "services/results/app/inventory_site.h"
#include "services/results/app/product_folder.h"
#include "services/results/app/write_products.h"

namespace fringewatch::results {
namespace {

StatusOr<RunOutcome> ReadOutcome(const Store& store, const std::string& key) {
  FW_ASSIGN_OR_RETURN(const std::string stored, store.Get(key));
  StatusOr<RunOutcome> outcome = RunOutcomeFromJson(stored);
  return outcome.ok() ? outcome : Annotate(outcome.status(), key);
}

/// Whether the run has an outcome that leaves this one behind.
StatusOr<bool> IsLeftBehind(const Store& store, const std::string& key, const RunOutcome& outcome) {
  const std::string prefix = key.substr(0, key.rfind('/') + 1);
  FW_ASSIGN_OR_RETURN(const std::vector<std::string> keys, store.List(prefix));
  for (const std::string& other : keys) {
    if (other == key) continue;
    FW_ASSIGN_OR_RETURN(const RunOutcome later, ReadOutcome(store, other));
    if (Supersedes(later, outcome)) return true;
  }
  return false;
}

std::set<std::string> DeadIds(const RunOutcome& outcome) {
  std::set<std::string> ids;
  for (const RunOutcome::DeadTask& task : outcome.dead) ids.insert(task.task_id);
  return ids;
}

}  // namespace

bool Supersedes(const RunOutcome& later, const RunOutcome& outcome) {
  const std::set<std::string> later_done(later.done_detect_ids.begin(), later.done_detect_ids.end());
  const std::set<std::string> done(outcome.done_detect_ids.begin(), outcome.done_detect_ids.end());
  if (!std::includes(later_done.begin(), later_done.end(), done.begin(), done.end())) return false;
  if (later_done.size() > done.size()) return true;
  const std::set<std::string> later_dead = DeadIds(later), dead = DeadIds(outcome);
  return later_dead.size() < dead.size() &&
         std::includes(dead.begin(), dead.end(), later_dead.begin(), later_dead.end());
}

StatusOr<std::vector<Task>> PublishTaskHandler::Handle(const Task& task) {
  FW_ASSIGN_OR_RETURN(const auto run, runs_.Open(task.run_id));
  const Status published = Publish(*run, task.payload);
  if (!published.ok()) {
    runs_.Drop(task.run_id);
    return published;
  }
  return std::vector<Task>();
}

Status PublishTaskHandler::Publish(const OpenRun& run, const std::string& outcome_key) {
  FW_ASSIGN_OR_RETURN(const RunOutcome outcome, ReadOutcome(store_, outcome_key));
  FW_ASSIGN_OR_RETURN(GatheredRun gathered, GatherRun(run, store_, outcome));
  const Inventory inventory = BuildInventory(std::move(gathered.sites));
  FW_ASSIGN_OR_RETURN(const auto folder, ProductFolder::Prepare(folder_of_run_(run.record.run_id)));
  FW_RETURN_IF_ERROR(WriteMergedProducts(folder->path(), *run.stack, inventory, gathered.facts));
  // Asked as late as can be: writing takes long enough for a run to be resumed and published anew.
  FW_ASSIGN_OR_RETURN(const bool left_behind, IsLeftBehind(store_, outcome_key, outcome));
  if (left_behind) return {};
  FW_RETURN_IF_ERROR(folder->Place());
  FW_RETURN_IF_ERROR(UpdateInventory(run, inventory));
  if (on_published_) on_published_(gathered.facts, inventory);
  return {};
}

Status PublishTaskHandler::UpdateInventory(const OpenRun& run, const Inventory& found) {
  if (inventory_ == nullptr) return {};
  std::vector<InventorySite> sites;
  for (const SiteRecord& record : found.sites) {
    FW_ASSIGN_OR_RETURN(InventorySite site, ToInventorySite(run, record));
    sites.push_back(std::move(site));
  }
  return inventory_->ReplaceRun(run.record.run_id, sites);
}

}  // namespace fringewatch::results
