#include "common/queue/worker.h"

#include <algorithm>
#include <thread>

#include "common/queue/heartbeat.h"

namespace fringewatch {
namespace {

TaskHandler* HandlerOf(const std::string& kind, const std::vector<TaskHandler*>& handlers) {
  for (TaskHandler* handler : handlers) {
    if (handler->kind() == kind) return handler;
  }
  return nullptr;
}

/// Tries again while the queue is away, for as long as the lease may still be ours.
template <typename GiveBack>
Status WhileAway(std::chrono::milliseconds lease, GiveBack&& give_back) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + lease;
  std::chrono::milliseconds pause(50);
  while (true) {
    Status status = give_back();
    if (status.code() != CodeOf(Fault::kServiceAway) || Clock::now() + pause >= end) return status;
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, std::chrono::milliseconds(2000));
  }
}

/// True when the task is not to blame: this worker, or what it works with, cannot do it now. Such a task waits for
/// another worker, or a better time, and none of its attempts is used up.
bool IsWorkersFault(const Status& status) {
  return HasFault(status, Fault::kWorkerUnfit) || HasFault(status, Fault::kServiceAway);
}

}  // namespace

StatusOr<Turn> WorkOnce(Queue& queue, const std::vector<TaskHandler*>& handlers, const std::string& consumer,
                        std::chrono::milliseconds wait) {
  std::vector<std::string> kinds;
  for (const TaskHandler* handler : handlers) kinds.push_back(handler->kind());
  FW_ASSIGN_OR_RETURN(const std::optional<Lease> lease, queue.Claim(kinds, consumer, wait));
  Turn turn;
  if (!lease) return turn;
  turn.worked = true;
  turn.task = lease->task;
  const Heartbeat heartbeat(queue, *lease);  // until the answer is in: a short outage must not cost the work
  StatusOr<std::vector<Task>> follow_ups = HandlerOf(lease->task.kind, handlers)->Handle(lease->task);
  turn.status = follow_ups.status();
  turn.given_back = IsWorkersFault(turn.status);
  if (follow_ups.ok()) turn.follow_ups = *std::move(follow_ups);
  const Status given_back = WhileAway(queue.lease_time(), [&] {
    if (turn.given_back) return queue.Return(*lease);
    return turn.status.ok() ? queue.Commit(*lease, turn.follow_ups) : queue.Fail(*lease, turn.status);
  });
  if (!given_back.ok() && given_back.code() != CodeOf(Fault::kLeaseLost)) return given_back;
  return turn;
}

}  // namespace fringewatch
