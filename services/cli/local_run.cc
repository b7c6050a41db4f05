#include "services/cli/local_run.h"

#include <map>
#include <set>
#include <vector>

#include "common/base/clock.h"
#include "common/queue/task_id.h"
#include "common/queue/worker.h"
#include "services/detector/app/detect_task.h"
#include "services/results/app/publish_task.h"
#include "services/results/app/site_task.h"
#include "services/scheduler/app/run_tasks.h"
#include "services/unwrapper/app/patch_task.h"

namespace fringewatch::cli {
namespace {

/// Done and known tasks of each kind, for the progress display.
class TaskTally {
 public:
  explicit TaskTally(const TaskProgress& on_task) : on_task_(on_task) {}
  void Expect(const std::vector<Task>& tasks) {
    for (const Task& task : tasks) ++counts_[task.kind].known;
  }
  void Finish(const Task& task) {
    Count& count = counts_[task.kind];
    on_task_(task.kind, ++count.done, count.known);
  }

 private:
  struct Count {
    int done = 0;
    int known = 0;
  };
  const TaskProgress& on_task_;
  std::map<std::string, Count> counts_;
};

/// Works until the queue is empty; every task is done or dead afterwards.
Status Drain(Queue& queue, const std::vector<TaskHandler*>& handlers, TaskTally& tally,
             const std::function<bool()>& stop) {
  while (true) {
    if (stop()) {
      return Error(Fault::kInterrupted, "stopped between two tasks; the same command continues from here");
    }
    FW_ASSIGN_OR_RETURN(const Turn turn, WorkOnce(queue, handlers, "local", std::chrono::milliseconds(0)));
    if (!turn.worked) return {};
    if (turn.given_back) return turn.status;  // there is no other worker to wait for
    tally.Expect(turn.follow_ups);
    tally.Finish(turn.task);
  }
}

/// Stores how the run ended and queues its last task.
Status PushPublishing(const RunRecord& record, Store& store, Queue& queue, scheduler::RunState& state) {
  FW_ASSIGN_OR_RETURN(const std::set<std::string> done, queue.DoneSet(record.run_id));
  FW_ASSIGN_OR_RETURN(const std::vector<DeadTask> dead, queue.DeadTasks(record.run_id));
  const RunOutcome outcome = scheduler::OutcomeOf(record, done, dead);
  state =
      scheduler::EndOf(static_cast<long>(outcome.done_detect_ids.size()), static_cast<long>(outcome.dead.size()), true);
  const std::string key = OutcomeKey(record.run_id, outcome);
  FW_RETURN_IF_ERROR(store.PutIfAbsent(key, ToJson(outcome)));
  return queue.Push({scheduler::PublishTaskOf(record, key)});
}

/// The error of the task that was to write the products, if it is dead.
Status StatusOfPublishing(const Queue& queue, const std::string& run_id) {
  FW_ASSIGN_OR_RETURN(const std::vector<DeadTask> dead, queue.DeadTasks(run_id));
  for (const DeadTask& letter : dead) {
    if (letter.task.kind == kPublishKind) return letter.status;
  }
  return {};
}

}  // namespace

StatusOr<LocalRun> RunInOneProcess(const std::shared_ptr<const OpenRun>& run, const Stages& stages,
                                   const std::string& folder, const TaskProgress& on_task,
                                   const std::function<bool()>& stop) {
  LocalRun local;
  SteadyClock clock;
  const std::unique_ptr<Queue> queue = OpenMemoryQueue({}, clock);
  const std::unique_ptr<OpenRuns> runs = OnlyRun(run);
  detector::DetectTaskHandler detect(*runs, stages.detector, stages.store, stages.compute);
  unwrapper::PatchTaskHandler patch(*runs, stages.unwrapper, stages.store, stages.compute);
  results::SiteTaskHandler site(*runs, stages.store, nullptr);
  results::PublishTaskHandler publish(
      *runs, stages.store, nullptr, [&folder](const std::string&) { return folder; },
      [&local](const results::RunFacts& facts, const results::Inventory& inventory) {
        local.facts = facts;
        local.inventory = inventory;
      },
      results::FolderUse::kShared);

  FW_ASSIGN_OR_RETURN(const std::vector<Task> first, scheduler::DetectTasksOf(run->record));
  TaskTally tally(on_task);
  tally.Expect(first);
  FW_RETURN_IF_ERROR(queue->Push(first));
  FW_RETURN_IF_ERROR(Drain(*queue, {&detect, &patch, &site}, tally, stop));
  FW_RETURN_IF_ERROR(PushPublishing(run->record, stages.store, *queue, local.state));
  FW_RETURN_IF_ERROR(Drain(*queue, {&publish}, tally, [] { return false; }));  // one task: begun, it is ended
  FW_RETURN_IF_ERROR(StatusOfPublishing(*queue, run->record.run_id));
  return local;
}

}  // namespace fringewatch::cli
