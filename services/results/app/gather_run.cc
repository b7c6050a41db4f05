#include "services/results/app/gather_run.h"

#include <map>

#include "common/queue/task_id.h"
#include "common/wire/task_json.h"
#include "services/results/app/read_series.h"

namespace fringewatch::results {
namespace {

using DeadPatches = std::map<std::string, std::string>;  // task id -> reason

/// A measured site carries its series; one whose patch is dead carries the reason.
StatusOr<SiteRecord> RecordOf(FlaggedSite flagged, const std::string& patch_id, const Track& track, const Store& store,
                              const DeadPatches& dead) {
  SiteRecord record;
  record.flagged = std::move(flagged);
  record.site_id = SiteId(track, record.flagged);
  if (const auto letter = dead.find(patch_id); letter != dead.end()) {
    record.failure = letter->second;
    return record;
  }
  FW_RETURN_IF_ERROR(ReadSeries(store, PatchKey(patch_id), record));
  return record;
}

RunFacts FactsOf(const OpenRun& run, const RunOutcome& outcome) {
  const Track& track = run.stack->track();
  RunFacts facts{.run_id = run.record.run_id,
                 .version = run.record.version,
                 .model_hashes = run.record.detector_models,
                 .device = run.record.compute,
                 .frame_pixels = static_cast<long>(track.grid.rows) * track.grid.cols,
                 .pairs = static_cast<int>(track.pairs.size()),
                 .failed_tasks = {},
                 .request_json = run.record.spec_json};
  facts.model_hashes.insert(facts.model_hashes.end(), run.record.unwrapper_models.begin(),
                            run.record.unwrapper_models.end());
  for (const RunOutcome::DeadTask& task : outcome.dead) {
    facts.failed_tasks.push_back(fmt::format("{} {}: {}", task.kind, task.task_id, task.reason));
  }
  return facts;
}

}  // namespace

StatusOr<GatheredRun> GatherRun(const OpenRun& run, const Store& store, const RunOutcome& outcome) {
  DeadPatches dead;
  for (const RunOutcome::DeadTask& task : outcome.dead) {
    if (task.kind == kPatchKind) dead[task.task_id] = task.reason;
  }
  GatheredRun gathered{{}, FactsOf(run, outcome)};
  for (const std::string& detect_id : outcome.done_detect_ids) {
    FW_ASSIGN_OR_RETURN(const std::string stored, store.Get(DetectKey(detect_id)));
    FW_ASSIGN_OR_RETURN(wire::DetectAnswer answer, wire::DetectAnswerFromJson(stored));
    gathered.facts.pixels_scanned += answer.pixels_scanned;
    for (size_t i = 0; i < answer.sites.size(); ++i) {
      const std::string patch_id = FollowUpId(detect_id, kPatchKind, static_cast<int>(i));
      FW_ASSIGN_OR_RETURN(SiteRecord record,
                          RecordOf(std::move(answer.sites[i]), patch_id, run.stack->track(), store, dead));
      gathered.facts.pixels_unwrapped += static_cast<long>(record.series.pixels_unwrapped);
      gathered.sites.push_back(std::move(record));
    }
  }
  gathered.facts.patch_pixels = PatchPixels(gathered.sites);
  return gathered;
}

}  // namespace fringewatch::results
