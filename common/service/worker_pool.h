/// The threads of a worker process: claim, handle, commit, until the process drains.
#pragma once

#include <string>
#include <vector>

#include "common/queue/worker.h"
#include "common/service/metrics.h"

namespace fringewatch::service {

struct WorkerOptions {
  std::string consumer;  ///< unique among all processes; threads append "/<n>"
  int threads = 1;       ///< tasks at once
  double drain_grace_s = 60;  ///< for the tasks at hand; what is not done by then is given back (Queue::Return)
};

/// Works until Draining(). Then claims nothing more, finishes or gives back, leaves the queue. Queue errors are logged
/// and tried again with backoff: a worker outlives a lost Redis. Each turn is logged (run, task, attempt, status) and
/// counted.
void WorkUntilDrained(Queue& queue, const std::vector<TaskHandler*>& handlers, const WorkerOptions& options,
                      Metrics& metrics);

/// "<host>-<pid>-<4 random digits>".
[[nodiscard]] std::string DefaultConsumerName();

}  // namespace fringewatch::service
