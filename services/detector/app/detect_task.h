/// The detector's task: one tile of the stack. Turns the task into a call of the core and the answer into an
/// artifact and one patch task per site.
#pragma once

#include "common/queue/worker.h"
#include "common/stack/stack_reader.h"
#include "common/store/store.h"
#include "services/detector/core/detect.h"

namespace fringewatch::detector {

class DetectTaskHandler final : public TaskHandler {
 public:
  /// All three must outlive the handler.
  DetectTaskHandler(const StackReader& stack, const Detector& detector, Store& store)
      : stack_(stack), detector_(detector), store_(store) {}
  [[nodiscard]] std::string kind() const override { return "detect"; }
  /// Payload: the tile (wire::TileToJson). Artifact: DetectKey(task_id). A tile whose artifact is there is not
  /// computed again.
  [[nodiscard]] StatusOr<std::vector<Task>> Handle(const Task& task) override;

 private:
  const StackReader& stack_;
  const Detector& detector_;
  Store& store_;
};

}  // namespace fringewatch::detector
