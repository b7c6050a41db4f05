/// The results' task: one measured site, put into the lasting inventory while its run goes on.
#pragma once

#include <string>
#include <vector>

#include "common/queue/task_id.h"
#include "common/queue/worker.h"
#include "common/run/open_runs.h"
#include "common/store/store.h"
#include "services/results/app/site_inventory.h"

namespace fringewatch::results {

/// Thread-safe.
class SiteTaskHandler final : public TaskHandler {
 public:
  /// `inventory` may be null: then the site is only read, so that a damaged artifact shows here. All must outlive it.
  SiteTaskHandler(OpenRuns& runs, const Store& store, SiteInventory* inventory)
      : runs_(runs), store_(store), inventory_(inventory) {}
  [[nodiscard]] std::string kind() const override { return kSiteKind; }
  /// Payload: wire::SiteResult.
  [[nodiscard]] StatusOr<std::vector<Task>> Handle(const Task& task) override;

 private:
  OpenRuns& runs_;
  const Store& store_;
  SiteInventory* inventory_;
};

}  // namespace fringewatch::results
