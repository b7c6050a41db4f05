#include "common/run/run_work.h"

#include "common/base/version.h"

namespace fringewatch {

StatusOr<std::shared_ptr<const OpenRun>> OpenFitting(OpenRuns& runs, const std::string& run_id, const WorkerKit& kit,
                                                     std::vector<std::string> RunRecord::*needed) {
  FW_ASSIGN_OR_RETURN(std::shared_ptr<const OpenRun> run, runs.Open(run_id));
  const RunRecord& record = run->record;
  if (record.version != kVersion) {
    return Error(Fault::kWorkerUnfit,
                 "run {} was planned by version {}, this worker is {}; start workers of that version", run_id,
                 record.version, kVersion);
  }
  if (record.compute != kit.compute) {
    return Error(Fault::kWorkerUnfit, "run {} is computed on '{}', this worker on '{}'; start workers of that kind",
                 run_id, record.compute, kit.compute);
  }
  if (record.*needed != kit.models) {
    return Error(Fault::kWorkerUnfit,
                 "run {} uses the networks {}, this worker has {}; give all programs the same folder of networks",
                 run_id, fmt::join(record.*needed, ", "), fmt::join(kit.models, ", "));
  }
  return run;
}

StatusOr<std::vector<Task>> WorkOnRun(OpenRuns& runs, const Task& task, const WorkerKit& kit,
                                      std::vector<std::string> RunRecord::*needed,
                                      const std::function<StatusOr<std::vector<Task>>(const OpenRun&)>& work) {
  const StatusOr<std::shared_ptr<const OpenRun>> run = OpenFitting(runs, task.run_id, kit, needed);
  StatusOr<std::vector<Task>> follow_ups = run.ok() ? work(**run) : run.status();
  if (!follow_ups.ok()) runs.Drop(task.run_id);
  return follow_ups;
}

}  // namespace fringewatch
