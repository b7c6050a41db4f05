#include "common/queue/worker.h"

#include "common/queue/heartbeat.h"

namespace fringewatch {
namespace {

TaskHandler* HandlerOf(const std::string& kind, const std::vector<TaskHandler*>& handlers) {
  for (TaskHandler* handler : handlers) {
    if (handler->kind() == kind) return handler;
  }
  return nullptr;
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
  StatusOr<std::vector<Task>> follow_ups = [&] {
    const Heartbeat heartbeat(queue, *lease);
    return HandlerOf(lease->task.kind, handlers)->Handle(lease->task);
  }();
  turn.status = follow_ups.status();
  if (follow_ups.ok()) turn.follow_ups = *std::move(follow_ups);
  const Status given_back = turn.status.ok() ? queue.Commit(*lease, turn.follow_ups) : queue.Fail(*lease, turn.status);
  if (!given_back.ok() && given_back.code() != CodeOf(Fault::kLeaseLost)) return given_back;
  return turn;
}

}  // namespace fringewatch
