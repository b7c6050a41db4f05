/// What every worker does around a task: opens the run, makes sure that it may work on it, and starts afresh after a
/// failure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/run/open_runs.h"

namespace fringewatch {

/// What a worker computes with. Other kinds of compute and other networks give other products.
struct WorkerKit {
  std::string compute;              ///< nn::Device::Kind
  std::vector<std::string> models;  ///< SHA-256 of its networks
};

/// The run as a worker of `kit` may work on it. `needed`: the networks that its stage needs.
/// \error kWorkerUnfit (retryable: another worker may fit) when the record asks for another compute or other
/// networks, with both; errors of Open.
[[nodiscard]] StatusOr<std::shared_ptr<const OpenRun>> OpenFitting(OpenRuns& runs, const std::string& run_id,
                                                                   const WorkerKit& kit,
                                                                   std::vector<std::string> RunRecord::*needed);

/// Opens the task's run and lets `work` do the task. A failure, of either, drops the run: the next attempt reads the
/// source again, in which a file may have been mended.
[[nodiscard]] StatusOr<std::vector<Task>> WorkOnRun(
    OpenRuns& runs, const Task& task, const WorkerKit& kit, std::vector<std::string> RunRecord::*needed,
    const std::function<StatusOr<std::vector<Task>>(const OpenRun&)>& work);

}  // namespace fringewatch
