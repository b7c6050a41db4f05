/// A run as the store has it: record, outcome, detection answers and site files become the sites and facts of products.
#pragma once

#include <vector>

#include "common/run/open_runs.h"
#include "common/store/store.h"
#include "services/results/core/product.h"

namespace fringewatch::results {

struct GatheredRun {
  std::vector<SiteRecord> sites;  ///< in the order of the plan, neighbours not merged yet
  RunFacts facts;
};

/// Every site of the outcome's done detection tasks: measured when its patch file is there, else with the reason of
/// its dead patch task. \error kNotReadable, kChecksumMismatch when an artifact is missing or damaged.
[[nodiscard]] StatusOr<GatheredRun> GatherRun(const OpenRun& run, const Store& store, const RunOutcome& outcome);

}  // namespace fringewatch::results
