/// The last task of a run: its products, and its sites in the lasting inventory.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/queue/task_id.h"
#include "common/queue/worker.h"
#include "common/run/open_runs.h"
#include "common/store/store.h"
#include "services/results/app/product_folder.h"
#include "services/results/app/site_inventory.h"
#include "services/results/core/inventory.h"

namespace fringewatch::results {

/// Thread-safe. Publishing again, or twice at once, leaves the same products.
class PublishTaskHandler final : public TaskHandler {
 public:
  using FolderOfRun = std::function<std::string(const std::string& run_id)>;
  /// Called after the products are in place.
  using OnPublished = std::function<void(const RunFacts& facts, const Inventory& inventory)>;

  /// `inventory` may be null: products only. All references must outlive the handler.
  PublishTaskHandler(OpenRuns& runs, Store& store, SiteInventory* inventory, FolderOfRun folder_of_run,
                     OnPublished on_published = {}, FolderUse folder_use = FolderUse::kOwn)
      : runs_(runs),
        store_(store),
        inventory_(inventory),
        folder_of_run_(std::move(folder_of_run)),
        on_published_(std::move(on_published)),
        folder_use_(folder_use) {}
  [[nodiscard]] std::string kind() const override { return kPublishKind; }
  /// Payload: store key of the RunOutcome. When one that leaves it behind is published already (the run was resumed,
  /// and more is done now), that one is published again: whatever a worker that slept over its lease has put over it
  /// is mended.
  [[nodiscard]] StatusOr<std::vector<Task>> Handle(const Task& task) override;

 private:
  [[nodiscard]] Status Publish(const OpenRun& run, const std::string& outcome_key);
  [[nodiscard]] Status PublishOne(const OpenRun& run, const RunOutcome& outcome);
  [[nodiscard]] Status UpdateInventory(const OpenRun& run, const Inventory& found,
                                       const SiteInventory::Condition& goes_furthest);

  OpenRuns& runs_;
  Store& store_;
  SiteInventory* inventory_;
  FolderOfRun folder_of_run_;
  OnPublished on_published_;
  FolderUse folder_use_;
};

/// Whether `later` is the outcome of the same run after more of it was done: the same detection tasks are done and
/// others besides, or the same and fewer tasks are dead.
[[nodiscard]] bool Supersedes(const RunOutcome& later, const RunOutcome& outcome);

}  // namespace fringewatch::results
