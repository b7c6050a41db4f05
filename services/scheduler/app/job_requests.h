/// What clients ask: JobService's requests, checked and turned into our own structs.
#pragma once

#include <string>

#include "common/base/status.h"
#include "common/queue/queue.h"
#include "common/stack/stack_source.h"
#include "fringewatch/v1/jobs.pb.h"
#include "services/scheduler/app/plan_run.h"

namespace fringewatch::scheduler {

/// \error kBadOption with every bad field at once, each by its name: "policy.threshold: ...".
[[nodiscard]] Status Check(const v1::SubmitTrackRequest& request);
[[nodiscard]] Status Check(const v1::PlanTrackRequest& request);

[[nodiscard]] StackSource SourceOf(const v1::Source& source, const std::string& track);
[[nodiscard]] RunPolicy PolicyOf(const v1::Policy& policy);
[[nodiscard]] Priority PriorityOf(v1::Priority priority);

/// SHA-256 of everything in the request but its id.
[[nodiscard]] std::string BodyHash(const v1::SubmitTrackRequest& request);

}  // namespace fringewatch::scheduler
