#include "services/scheduler/app/plan_run.h"

#include "common/raster/tiling.h"
#include "services/scheduler/core/plan.h"

namespace fringewatch::scheduler {

StatusOr<RunRecord> RecordOf(const Track& track, const StackSource& source, const RunPolicy& policy,
                             const Computing& computing) {
  std::vector<std::string> models = computing.detector_models;
  models.insert(models.end(), computing.unwrapper_models.begin(), computing.unwrapper_models.end());
  double threshold = policy.threshold;
  if (policy.false_sites) {
    FW_ASSIGN_OR_RETURN(threshold, ThresholdFor(*policy.false_sites, computing.operating_points));
  }
  const RunSpec spec = MakeSpec(track, threshold, computing.compute, models, policy.tile_px, policy.halo_px);
  FW_ASSIGN_OR_RETURN(const std::vector<DetectTask> tasks, PlanDetectTasks(spec, track.grid));
  RunRecord record{.run_id = RunId(spec),
                   .track = track.name,
                   .source = source,
                   .threshold = threshold,
                   .tile_px = policy.tile_px,
                   .halo_px = policy.halo_px,
                   .skip_rejected = policy.skip_rejected,
                   .compute = computing.compute,
                   .detector_models = computing.detector_models,
                   .unwrapper_models = computing.unwrapper_models,
                   .version = spec.version,
                   .spec_json = ToJson(spec),
                   .pairs = static_cast<int>(track.pairs.size()),
                   .rows = track.grid.rows,
                   .cols = track.grid.cols};
  for (const DetectTask& task : tasks) record.detect_task_ids.push_back(task.task_id);
  return record;
}

StatusOr<PlannedRun> PlanRun(const StackSource& source, const RunPolicy& policy, const Computing& computing,
                             const StackOpener& open) {
  FW_ASSIGN_OR_RETURN(const std::unique_ptr<StackReader> stack, open(source));
  FW_ASSIGN_OR_RETURN(RunRecord record, RecordOf(stack->track(), source, policy, computing));
  record.stack_layout = stack->Layout();
  return PlannedRun{std::move(record), stack->track()};
}

Status CheckInputs(const Track& track, bool skip_rejected) {
  constexpr size_t kListed = 100;
  Problems problems;
  size_t rejected = 0;
  for (const InputRecord& input : track.inputs) {
    if (input.verdict != InputRecord::Verdict::kRejected || ++rejected > kListed) continue;
    problems.Add(Fault::kInputRejected, fmt::format("{}: {}", input.path, input.reason));
  }
  if (skip_rejected || rejected == 0) return {};
  if (rejected > kListed) problems.Add(Fault::kInputRejected, fmt::format("and {} more", rejected - kListed));
  return problems.ToStatus(fmt::format(
      "{} of {} input files are rejected; mend or remove them, or give --skip-rejected to go on without them", rejected,
      track.inputs.size()));
}

WorkEstimate EstimateWork(const PlannedRun& run) {
  const RunRecord& record = run.record;
  const int layers = run.track.has_coherence ? 2 : 1;
  WorkEstimate estimate;
  for (const Tile& tile : PlanTiles(record.rows, record.cols, record.tile_px, record.halo_px)) {
    ++estimate.tiles;
    estimate.pixels_to_scan += tile.padded.pixels() * record.pairs;
  }
  estimate.bytes_to_read = estimate.pixels_to_scan * layers * static_cast<long>(sizeof(float));
  return estimate;
}

}  // namespace fringewatch::scheduler
