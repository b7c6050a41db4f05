/// The runs that a worker works on, opened: a task names its run only by id.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/run/run_record.h"
#include "common/stack/stack_reader.h"
#include "common/store/store.h"

namespace fringewatch {

struct OpenRun {
  RunRecord record;
  std::shared_ptr<const StackReader> stack;
};

/// Thread-safe.
class OpenRuns {
 public:
  virtual ~OpenRuns() = default;
  /// The stack is the one that was accepted, whatever became of its files since: what is wrong with them is said by
  /// the reads that need them. \error kUnknownName when the store has no such run.
  [[nodiscard]] virtual StatusOr<std::shared_ptr<const OpenRun>> Open(const std::string& run_id) = 0;
  /// The next Open opens the files again: after a failure, one may have been mended.
  virtual void Drop(const std::string& run_id) = 0;
};

/// How a stack is made from RunRecord::stack_layout (io::ReopenStack behind the operator's limits).
using StackReopener = std::function<StatusOr<std::unique_ptr<StackReader>>(const std::string& layout)>;

/// Runs from their records in `store`; the most recently used `capacity` stay open. `store` must outlive it.
[[nodiscard]] std::unique_ptr<OpenRuns> OpenStoredRuns(const Store& store, StackReopener reopen, int capacity = 4);

/// One run that is open already: the one-process mode.
[[nodiscard]] std::unique_ptr<OpenRuns> OnlyRun(std::shared_ptr<const OpenRun> run);

}  // namespace fringewatch
