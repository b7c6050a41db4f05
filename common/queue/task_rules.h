/// What every queue says in the same words: which tasks it takes, and what it records of their failures.
#pragma once

#include <string>
#include <vector>

#include "common/queue/queue.h"

namespace fringewatch {

/// \error kBadOption for the first task that no queue takes: see Queue::Push.
[[nodiscard]] Status CheckTasks(const std::vector<Task>& tasks);

/// Lines of a task's history that are kept: the newest.
inline constexpr size_t kHistoryKept = 20;

/// What a queue keeps of a failure: its message, cut to 2,000 bytes. A message can list thousands of files.
[[nodiscard]] std::string ReasonOf(const Status& why);

/// The answer to an owner whose lease is gone (kLeaseLost).
[[nodiscard]] Status LeaseLost(const Lease& lease);

/// Why a task of a silent owner failed (kDeadline).
[[nodiscard]] Status LeaseEnded(std::chrono::milliseconds lease);

/// The answer to a Retry of a task that is no dead letter (kUnknownName).
[[nodiscard]] Status TaskNotDead(const std::string& run_id, const std::string& task_id);

}  // namespace fringewatch
