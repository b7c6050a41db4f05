/// The whole pipeline in one process: the same handlers as the services, on a memory queue.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/run/open_runs.h"
#include "common/store/store.h"
#include "services/detector/core/detect.h"
#include "services/results/core/inventory.h"
#include "services/results/core/product.h"
#include "services/scheduler/core/run_state.h"
#include "services/unwrapper/core/unwrap_patch.h"

namespace fringewatch::cli {

/// What the pipeline works with. All must outlive the run.
struct Stages {
  const detector::Detector& detector;
  const unwrapper::Unwrapper& unwrapper;
  Store& store;         ///< artifacts of an earlier, interrupted run in it are used again
  std::string compute;  ///< nn::Device::Kind of both
};

/// Called after each task: its kind, how many of that kind are done, how many are known.
using TaskProgress = std::function<void(const std::string& kind, int done, int total)>;

struct LocalRun {
  scheduler::RunState state = scheduler::RunState::kFailed;
  results::RunFacts facts;
  results::Inventory inventory;
};

/// Runs every task of the plan and what follows from it, and writes the products into `folder`. `stop` is asked
/// between tasks. \error kInterrupted when `stop` said so: the artifacts stay, running again continues; of the
/// products when they could not be written. Failed tasks are no error: see LocalRun::state.
[[nodiscard]] StatusOr<LocalRun> RunInOneProcess(const std::shared_ptr<const OpenRun>& run, const Stages& stages,
                                                 const std::string& folder, const TaskProgress& on_task,
                                                 const std::function<bool()>& stop);

}  // namespace fringewatch::cli
