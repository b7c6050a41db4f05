/// Between a run's record and the queue's tasks: what a run begins with, what it ends with, how far it is.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "common/queue/queue.h"
#include "common/run/run_record.h"
#include "services/scheduler/core/run_state.h"

namespace fringewatch::scheduler {

/// The detection tasks of a run, in the order of the plan. \error kInternal when the record's ids do not fit its tiles.
[[nodiscard]] StatusOr<std::vector<Task>> DetectTasksOf(const RunRecord& record);

/// The outcome of a run none of whose tasks is open any more. `publish` tasks are no part of it.
[[nodiscard]] RunOutcome OutcomeOf(const RunRecord& record, const std::set<std::string>& done,
                                   const std::vector<DeadTask>& dead);

/// The task that writes the products of an outcome.
[[nodiscard]] Task PublishTaskOf(const RunRecord& record, const std::string& outcome_key);

[[nodiscard]] RunCounts StagesOf(const CountsByKind& counts);

}  // namespace fringewatch::scheduler
