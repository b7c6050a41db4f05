#include "services/results/app/publish_task.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "services/results/app/gather_run.h"
#include "services/results/app/inventory_site.h"
#include "services/results/app/write_products.h"

namespace fringewatch::results {
namespace {

namespace fs = std::filesystem;

StatusOr<RunOutcome> ReadOutcome(const Store& store, const std::string& key) {
  FW_ASSIGN_OR_RETURN(const std::string stored, store.Get(key));
  StatusOr<RunOutcome> outcome = RunOutcomeFromJson(stored);
  return outcome.ok() ? outcome : Annotate(outcome.status(), key);
}

std::string PublishedPrefix(const std::string& run_id) { return fmt::format("runs/{}/published/", run_id); }

/// Of the copy that is put when an outcome is published. Outcomes that never were must leave none behind.
std::string PublishedKey(const std::string& run_id, const RunOutcome& outcome) {
  return PublishedPrefix(run_id) + fs::path(OutcomeKey(run_id, outcome)).filename().string();
}

using Published = std::map<std::string, RunOutcome>;  // by PublishedKey

StatusOr<Published> ReadPublished(const Store& store, const std::string& run_id) {
  FW_ASSIGN_OR_RETURN(const std::vector<std::string> keys, store.List(PublishedPrefix(run_id)));
  Published published;
  for (const std::string& key : keys) {
    FW_ASSIGN_OR_RETURN(published[key], ReadOutcome(store, key));
  }
  return published;
}

/// Of `outcome` and the published ones that leave it behind the one that goes furthest.
RunOutcome Furthest(RunOutcome outcome, const Published& published) {
  for (const auto& [key, other] : published) {
    if (Supersedes(other, outcome)) outcome = other;
  }
  return outcome;
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
  const std::string& run_id = run.record.run_id;
  FW_ASSIGN_OR_RETURN(const RunOutcome outcome, ReadOutcome(store_, outcome_key));
  FW_ASSIGN_OR_RETURN(Published known, ReadPublished(store_, run_id));
  while (true) {
    const RunOutcome furthest = Furthest(outcome, known);
    FW_RETURN_IF_ERROR(PublishOne(run, furthest));
    known[PublishedKey(run_id, furthest)] = furthest;
    // What others published meanwhile may lie below this or above it. Each marks its outcome before it looks, so that
    // one of two at least sees the other, and publishes again what goes furthest.
    FW_ASSIGN_OR_RETURN(Published now, ReadPublished(store_, run_id));
    if (std::all_of(now.begin(), now.end(), [&](const auto& entry) { return known.contains(entry.first); })) return {};
    known = std::move(now);
  }
}

Status PublishTaskHandler::PublishOne(const OpenRun& run, const RunOutcome& outcome) {
  const std::string& run_id = run.record.run_id;
  const SiteInventory::Condition goes_furthest = [&]() -> StatusOr<bool> {
    FW_ASSIGN_OR_RETURN(const Published published, ReadPublished(store_, run_id));
    return std::none_of(published.begin(), published.end(),
                        [&](const auto& entry) { return Supersedes(entry.second, outcome); });
  };
  FW_ASSIGN_OR_RETURN(GatheredRun gathered, GatherRun(run, store_, outcome));
  const Inventory inventory = BuildInventory(std::move(gathered.sites));
  FW_ASSIGN_OR_RETURN(const auto folder, ProductFolder::Prepare(folder_of_run_(run_id), folder_use_));
  FW_RETURN_IF_ERROR(WriteMergedProducts(folder->path(), *run.stack, inventory, gathered.facts));
  // Asked as late as can be: writing takes long enough for a run to be resumed and published anew.
  FW_ASSIGN_OR_RETURN(const bool wanted, goes_furthest());
  if (!wanted) return {};
  FW_RETURN_IF_ERROR(folder->Place());
  FW_RETURN_IF_ERROR(UpdateInventory(run, inventory, goes_furthest));
  FW_RETURN_IF_ERROR(store_.PutIfAbsent(PublishedKey(run_id, outcome), ToJson(outcome)));
  if (on_published_) on_published_(gathered.facts, inventory);
  return {};
}

Status PublishTaskHandler::UpdateInventory(const OpenRun& run, const Inventory& found,
                                           const SiteInventory::Condition& goes_furthest) {
  if (inventory_ == nullptr) return {};
  std::vector<InventorySite> sites;
  for (const SiteRecord& record : found.sites) {
    FW_ASSIGN_OR_RETURN(InventorySite site, ToInventorySite(run, record));
    sites.push_back(std::move(site));
  }
  return inventory_->ReplaceRunIf(goes_furthest, run.record.run_id, sites);
}

}  // namespace fringewatch::results
