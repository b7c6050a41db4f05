/// The unwrapper's task: one flagged site. Turns the task into a call of the core and the answer into a site file
/// and one task for the results.
#pragma once

#include <functional>
#include <string>

#include "common/queue/task_id.h"
#include "common/queue/worker.h"
#include "common/run/run_work.h"
#include "common/store/store.h"
#include "common/wire/task_json.h"
#include "services/unwrapper/core/unwrap_patch.h"

namespace fringewatch::unwrapper {

/// Thread-safe.
class PatchTaskHandler final : public TaskHandler {
 public:
  /// Told of every patch that was computed.
  using PatchObserver = std::function<void(const SiteSeries&)>;
  /// `runs`, `unwrapper` and `store` must outlive the handler. `compute`: nn::Device::Kind of the unwrapper.
  PatchTaskHandler(OpenRuns& runs, const Unwrapper& unwrapper, Store& store, const std::string& compute,
                   PatchObserver on_patch = {})
      : runs_(runs),
        unwrapper_(unwrapper),
        store_(store),
        kit_{compute, unwrapper.model_hashes()},
        on_patch_(std::move(on_patch)) {}
  [[nodiscard]] std::string kind() const override { return kPatchKind; }
  /// Payload: wire::PatchOrder. Artifact: PatchKey(task_id), a site file. A patch whose artifact is there, and whole,
  /// is not computed again. Errors of WorkOnRun, Unwrapper::Unwrap and the store.
  [[nodiscard]] StatusOr<std::vector<Task>> Handle(const Task& task) override;

 private:
  [[nodiscard]] StatusOr<std::vector<Task>> Work(const Task& task, const OpenRun& run);
  [[nodiscard]] Status Compute(const wire::PatchOrder& order, const OpenRun& run, const std::string& key);

  OpenRuns& runs_;
  const Unwrapper& unwrapper_;
  Store& store_;
  const WorkerKit kit_;
  const PatchObserver on_patch_;
};

}  // namespace fringewatch::unwrapper
