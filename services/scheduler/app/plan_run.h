/// From what an operator submits to a run: opens the stack (metadata only), judges its inputs, plans its tiles.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/run/run_record.h"
#include "common/stack/operating_point.h"
#include "common/stack/stack_reader.h"
#include "common/stack/stack_source.h"
#include "services/scheduler/core/run_policy.h"

namespace fringewatch::scheduler {

/// How a stack is opened (io::OpenStack behind the operator's limits).
using StackOpener = std::function<StatusOr<std::unique_ptr<StackReader>>(const StackSource&)>;

/// What every run of this deployment is computed with.
struct Computing {
  std::string compute;                                         ///< "cpu bf16"
  std::vector<std::string> detector_models, unwrapper_models;  ///< SHA-256 of the weights
  std::vector<OperatingPoint> operating_points;                ///< of the detector
};

struct PlannedRun {
  RunRecord record;  ///< priority, submitted_at and submitted_by are the caller's to fill
  Track track;
};

/// \error of `open`; kBadOption. Rejected inputs are no error here: see CheckInputs.
[[nodiscard]] StatusOr<PlannedRun> PlanRun(const StackSource& source, const RunPolicy& policy,
                                           const Computing& computing, const StackOpener& open);

/// The record of a run on a stack that is open already. \error kBadOption
[[nodiscard]] StatusOr<RunRecord> RecordOf(const Track& track, const StackSource& source, const RunPolicy& policy,
                                           const Computing& computing);

/// \error kInputRejected with every rejected input (the first 100 and how many more), unless `skip_rejected`.
[[nodiscard]] Status CheckInputs(const Track& track, bool skip_rejected);

/// What a run will cost.
struct WorkEstimate {
  int tiles = 0;
  long pixels_to_scan = 0;  ///< pixels x pairs, context of the tiles included
  long bytes_to_read = 0;   ///< phase and coherence, uncompressed, 4 bytes each
};
[[nodiscard]] WorkEstimate EstimateWork(const PlannedRun& run);

}  // namespace fringewatch::scheduler
