/// The whole pipeline in one process: the same handlers as the services, on a memory queue.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/stack/stack_reader.h"
#include "common/store/store.h"
#include "services/detector/core/detect.h"
#include "services/results/core/product.h"
#include "services/scheduler/core/plan.h"
#include "services/scheduler/core/run_state.h"
#include "services/unwrapper/core/unwrap_patch.h"

namespace fringewatch::cli {

/// What the pipeline works with. All must outlive the run.
struct Stages {
  const StackReader& stack;
  const detector::Detector& detector;
  const unwrapper::Unwrapper& unwrapper;
  Store& store;  ///< artifacts of an earlier, interrupted run in it are used again
};

/// Called after each task: its kind, how many of that kind are done, how many are known.
using TaskProgress = std::function<void(const std::string& kind, int done, int total)>;

struct LocalRun {
  scheduler::RunProgress progress;
  std::vector<results::SiteRecord> sites;
  std::vector<std::string> failed_tasks;  ///< "task id: reason"
  long pixels_scanned = 0;
  long pixels_unwrapped = 0;
};

/// Runs every task of the plan and what follows from it. `stop` is asked between tasks.
/// \error kInterrupted when `stop` said so: the artifacts stay, running again continues.
[[nodiscard]] StatusOr<LocalRun> RunInOneProcess(const scheduler::RunSpec& spec, const Stages& stages,
                                                 const TaskProgress& on_task, const std::function<bool()>& stop);

}  // namespace fringewatch::cli
