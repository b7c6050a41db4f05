/// The last task of a run: its products, and its sites in the lasting inventory.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/queue/task_id.h"
#include "common/queue/worker.h"
#include "common/run/open_runs.h"
#include "common/store/store.h"
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
                     OnPublished on_published = {})
      : runs_(runs),
        store_(store),
        inventory_(inventory),
        folder_of_run_(std::move(folder_of_run)),
        on_published_(std::move(on_published)) {}
  [[nodiscard]] std::string kind() const override { return kPublishKind; }
  /// Payload: store key of the RunOutcome. An outcome that the run has left behind (it was resumed, and more is done
  /// now) is not published any more: a worker that slept over its lease does no harm.
  [[nodiscard]] StatusOr<std::vector<Task>> Handle(const Task& task) override;

 private:
  [[nodiscard]] Status Publish(const OpenRun& run, const std::string& outcome_key);
  [[nodiscard]] Status UpdateInventory(const OpenRun& run, const Inventory& found);

  OpenRuns& runs_;
  Store& store_;
  SiteInventory* inventory_;
  FolderOfRun folder_of_run_;
  OnPublished on_published_;
};

/// Whether `later` is the outcome of the same run after more of it was done: the same detection tasks are done and
/// others besides, or the same and fewer tasks are dead.
[[nodiscard]] bool Supersedes(const RunOutcome& later, const RunOutcome& outcome);

}  // namespace fringewatch::results
