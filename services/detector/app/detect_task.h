/// The detector's task: one tile of a run's stack. Turns the task into a call of the core and the answer into an
/// artifact and one patch task per site.
#pragma once

#include <functional>
#include <string>

#include "common/queue/task_id.h"
#include "common/queue/worker.h"
#include "common/run/run_work.h"
#include "common/store/store.h"
#include "services/detector/core/detect.h"

namespace fringewatch::detector {

/// Thread-safe.
class DetectTaskHandler final : public TaskHandler {
 public:
  /// Told of every tile that was computed.
  using TileObserver = std::function<void(const TileDetections&)>;
  /// `runs`, `detector` and `store` must outlive the handler. `compute`: nn::Device::Kind of the detector.
  DetectTaskHandler(OpenRuns& runs, const Detector& detector, Store& store, const std::string& compute,
                    TileObserver on_tile = {})
      : runs_(runs),
        detector_(detector),
        store_(store),
        kit_{compute, detector.model_hashes()},
        on_tile_(std::move(on_tile)) {}
  [[nodiscard]] std::string kind() const override { return kDetectKind; }
  /// Payload: the tile (wire::TileToJson). Artifact: DetectKey(task_id). A tile whose artifact is there is not
  /// computed again. Errors of WorkOnRun, Detector::Detect and the store.
  [[nodiscard]] StatusOr<std::vector<Task>> Handle(const Task& task) override;

 private:
  [[nodiscard]] StatusOr<std::vector<Task>> Work(const Task& task, const OpenRun& run);

  OpenRuns& runs_;
  const Detector& detector_;
  Store& store_;
  const WorkerKit kit_;
  const TileObserver on_tile_;
};

}  // namespace fringewatch::detector
