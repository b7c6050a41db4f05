/// What JobService answers: our own structs as messages.
#pragma once

#include <string>

#include "common/queue/queue.h"
#include "fringewatch/v1/jobs.pb.h"
#include "services/scheduler/app/plan_run.h"
#include "services/scheduler/app/run_registry.h"
#include "services/scheduler/core/run_state.h"

namespace fringewatch::scheduler {

[[nodiscard]] v1::RunState ToMessage(RunState state);
[[nodiscard]] v1::Run ToMessage(const RunView& run, RunState state);
[[nodiscard]] v1::DeadTask ToMessage(const DeadTask& dead);
/// Without an ETA.
[[nodiscard]] v1::RunProgress ToMessage(const RunView& run, RunState state, const RunCounts& counts);
/// `detect_mpx_per_s`: of one detector process.
[[nodiscard]] v1::PlanTrackResponse ToMessage(const PlannedRun& run, double detect_mpx_per_s);

/// Whole seconds and nanoseconds. \pre 0 <= seconds < 1e9
void SetDuration(double seconds, google::protobuf::Duration& duration);

}  // namespace fringewatch::scheduler
