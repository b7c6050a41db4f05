/// The unwrapper's task: one flagged site. Turns the task into a call of the core and the answer into a site file
/// and one task for the results.
#pragma once

#include "common/queue/worker.h"
#include "common/stack/stack_reader.h"
#include "common/store/store.h"
#include "services/unwrapper/core/unwrap_patch.h"

namespace fringewatch::unwrapper {

class PatchTaskHandler final : public TaskHandler {
 public:
  /// All three must outlive the handler.
  PatchTaskHandler(const StackReader& stack, const Unwrapper& unwrapper, Store& store)
      : stack_(stack), unwrapper_(unwrapper), store_(store) {}
  [[nodiscard]] std::string kind() const override { return "patch"; }
  /// Payload: wire::PatchOrder. Artifact: PatchKey(task_id), a site file. A patch whose artifact is there is not
  /// computed again.
  [[nodiscard]] StatusOr<std::vector<Task>> Handle(const Task& task) override;

 private:
  const StackReader& stack_;
  const Unwrapper& unwrapper_;
  Store& store_;
};

}  // namespace fringewatch::unwrapper
