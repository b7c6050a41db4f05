/// Keeps queue and store in step: pushes what a run needs and the queue does not know, sees when a run is through, has
/// its products written, and clears what has ended.
///
/// Every step is a function of what the store and the queue hold, and may be taken twice: by two schedulers at once, by
/// one that was killed in the middle, or with a queue that lost everything.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/queue/queue.h"
#include "common/service/metrics.h"
#include "common/store/store.h"
#include "services/scheduler/app/run_registry.h"

namespace fringewatch::scheduler {

/// One call of Step at a time.
class Dispatcher {
 public:
  /// kAll lists the store, which takes time where thousands of runs have ended; kActive looks only at the runs that the
  /// queue holds or this process knows to be active.
  enum class Look { kAll, kActive };

  /// All must outlive it.
  Dispatcher(Queue& queue, Store& store, RunRegistry& registry, service::Metrics& metrics)
      : queue_(queue), store_(store), registry_(registry), metrics_(metrics) {}

  /// Looks at each of these runs once. \error of the queue or the store: the first one; other runs are looked at all
  /// the same, unless the service is away.
  [[nodiscard]] Status Step(Look look = Look::kAll);

 private:
  /// The plan of an active run: large, so it is read once and kept as long as the run is active.
  struct Plan {
    RunRecord record;
    std::vector<Task> tasks;
  };
  struct Tally;
  [[nodiscard]] Status Advance(const RunView& run, const CountsByKind& counts);
  [[nodiscard]] static bool KnowsAll(const std::set<std::string>& known, const Plan& plan);
  [[nodiscard]] Status PushMissing(const Plan& plan, const std::set<std::string>& known);
  [[nodiscard]] Status Conclude(const RunView& run, const Plan& plan, const std::set<std::string>& done,
                                const std::vector<DeadTask>& dead, const std::set<std::string>& known);
  [[nodiscard]] Status Finish(const RunView& run, const RunOutcome& outcome, const DeadTask* unpublished);
  [[nodiscard]] Status ForgetEnded(const std::vector<std::string>& in_queue, const RunRegistry::Listing& listing);
  [[nodiscard]] StatusOr<std::shared_ptr<const Plan>> PlanOf(const std::string& run_id);

  Queue& queue_;
  Store& store_;
  RunRegistry& registry_;
  service::Metrics& metrics_;
  std::map<std::string, std::shared_ptr<const Plan>> plans_;  ///< of active runs
  std::set<std::string> strangers_;  ///< runs of the queue that the store does not know, and that were logged
};

}  // namespace fringewatch::scheduler
