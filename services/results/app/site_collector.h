/// The results' task: one measured site. Gathers what the detector and the unwrapper left in the store.
#pragma once

#include <mutex>
#include <vector>

#include "common/queue/worker.h"
#include "common/stack/track.h"
#include "common/store/store.h"
#include "services/results/core/product.h"

namespace fringewatch::results {

/// Thread-safe.
class SiteCollector final : public TaskHandler {
 public:
  /// Both must outlive the collector.
  SiteCollector(const Track& track, const Store& store) : track_(track), store_(store) {}
  [[nodiscard]] std::string kind() const override { return "site"; }
  /// Payload: wire::SiteResult.
  [[nodiscard]] StatusOr<std::vector<Task>> Handle(const Task& task) override;
  /// A site whose patch task is dead: kept without a series, with the reason.
  [[nodiscard]] Status AddUnmeasured(const DeadTask& patch);
  /// What was gathered so far, in the order in which it came; BuildInventory orders and merges.
  [[nodiscard]] std::vector<SiteRecord> Sites() const;

 private:
  const Track& track_;
  const Store& store_;
  mutable std::mutex mutex_;
  std::vector<SiteRecord> sites_;
};

}  // namespace fringewatch::results
