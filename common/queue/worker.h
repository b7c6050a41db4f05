/// The loop of every worker: claim, handle, commit. The same in a service and in the one-process mode.
#pragma once

#include <string>
#include <vector>

#include "common/queue/queue.h"

namespace fringewatch {

/// Does the tasks of one kind. Idempotent: handling a task twice leaves the same artifact.
class TaskHandler {
 public:
  virtual ~TaskHandler() = default;
  [[nodiscard]] virtual std::string kind() const = 0;
  /// Leaves the task's artifact in the store and returns the tasks that follow from it.
  [[nodiscard]] virtual StatusOr<std::vector<Task>> Handle(const Task& task) = 0;
};

/// What one turn of the loop did.
struct Turn {
  bool worked = false;  ///< false: nothing was there to claim
  Task task;
  Status status;            ///< of the handler
  bool given_back = false;  ///< the worker could not do it now: the task waits for another, or a better time
  std::vector<Task> follow_ups;
};

/// Claims one task of the handlers' kinds (earlier handlers first), handles it, commits or fails it.
/// A task that failed because the worker is unfit (kWorkerUnfit) or what it works with is away (kServiceAway) is given
/// back unworked, so that it uses up no attempt: the caller should pause before the next turn.
/// A failing handler is no error of the turn: see Turn::status. \error of the queue, except a lost lease, which
/// only means that another worker commits the same answer. A queue that is away is asked to commit again and again for
/// one lease time, so that a short outage does not cost the work.
[[nodiscard]] StatusOr<Turn> WorkOnce(Queue& queue, const std::vector<TaskHandler*>& handlers,
                                      const std::string& consumer, std::chrono::milliseconds wait);

}  // namespace fringewatch
