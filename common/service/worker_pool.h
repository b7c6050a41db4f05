/// The threads of a worker process: claim, handle, commit, until the process drains.
#pragma once

#include <string>
#include <vector>

#include "common/queue/worker.h"
#include "common/service/metrics.h"
#include "common/service/settings.h"

namespace fringewatch::service {

struct WorkerOptions {
  std::string name;           ///< unique among all processes, threads append "/<n>"; empty = DefaultWorkerName()
  int threads = 1;            ///< tasks at once
  double drain_grace_s = 60;  ///< for the tasks at hand; what is not done by then is given back (Queue::Return)
};

/// Declares them under `worker.`, with their rules.
void Declare(Settings& settings, WorkerOptions& worker);

/// Works until Draining(). Then claims nothing more, finishes, leaves the queue. Queue errors are logged and tried
/// again with backoff: a worker outlives a lost Redis. A handler that throws has failed (kInternal). Each turn is
/// logged (run, task, attempt, status) and counted.
///
/// A handler cannot be interrupted. When one still runs at the end of the grace, its task is given back and the whole
/// PROCESS ends at once with code 0, without returning from here and without destructors: artifacts are
/// written whole or not at all, so nothing is lost but the work.
void WorkUntilDrained(Queue& queue, const std::vector<TaskHandler*>& handlers, const WorkerOptions& options,
                      Metrics& metrics);

/// "<host>-<pid>-<4 random digits>".
[[nodiscard]] std::string DefaultWorkerName();

}  // namespace fringewatch::service
