#include "common/queue/task_rules.h"

namespace fringewatch {
namespace {
constexpr size_t kMaxPayload_bytes = 1024;
constexpr size_t kMaxReason_bytes = 2000;
}  // namespace

Status CheckTasks(const std::vector<Task>& tasks) {
  for (const Task& task : tasks) {
    if (task.task_id.empty() || task.run_id.empty() || task.kind.empty()) {
      return Error(Fault::kBadOption, "task '{}' of run '{}', kind '{}': none of the three may be empty", task.task_id,
                   task.run_id, task.kind);
    }
    if (task.kind.find(':') != std::string::npos) {  // it parts the names of a queue's keys
      return Error(Fault::kBadOption, "task {}: kind '{}' may not hold a colon", task.task_id, task.kind);
    }
    if (task.payload.size() >= kMaxPayload_bytes) {
      return Error(Fault::kBadOption, "task {}: payload of {} bytes, must be under {}; send a store key instead",
                   task.task_id, task.payload.size(), kMaxPayload_bytes);
    }
  }
  return {};
}

std::string ReasonOf(const Status& why) {
  std::string reason = MessageOf(why);
  if (reason.size() <= kMaxReason_bytes) return reason;
  const auto begins_a_character = [&reason](size_t at) {
    return (static_cast<unsigned char>(reason[at]) >> 6) != 0b10;
  };
  size_t end = kMaxReason_bytes;
  while (end > kMaxReason_bytes - 3 && !begins_a_character(end)) --end;
  return reason.substr(0, end) + " ... (cut)";
}

Status LeaseLost(const Lease& lease) {
  return Error(Fault::kLeaseLost,
               "task {}: attempt {} of {} no longer owns it; drop the work: another attempt has it, or its run ended",
               lease.task.task_id, lease.task.attempt, lease.consumer);
}

Status LeaseEnded(std::chrono::milliseconds lease) {
  return Error(Fault::kDeadline, "the lease of {} ms ended without an answer", lease.count());
}

Status TaskNotDead(const std::string& run_id, const std::string& task_id) {
  return Error(Fault::kUnknownName, "run {} has no dead task {}; list the dead ones to see their ids", run_id, task_id);
}

}  // namespace fringewatch
