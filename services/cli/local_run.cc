#include "services/cli/local_run.h"

#include <map>
#include <set>

#include "common/base/clock.h"
#include "common/queue/task_id.h"
#include "common/queue/worker.h"
#include "common/wire/task_json.h"
#include "services/detector/app/detect_task.h"
#include "services/results/app/site_collector.h"
#include "services/unwrapper/app/patch_task.h"

namespace fringewatch::cli {
namespace {

/// Done and known tasks of each kind, for the progress display.
class TaskTally {
 public:
  explicit TaskTally(const TaskProgress& on_task) : on_task_(on_task) {}
  void Expect(const std::vector<Task>& tasks) {
    for (const Task& task : tasks) {
      ++counts_[task.kind].known;
      planned_.insert(task.task_id);
    }
  }
  void Finish(const Task& task) {
    Count& count = counts_[task.kind];
    on_task_(task.kind, ++count.done, count.known);
  }
  [[nodiscard]] const std::set<std::string>& planned() const { return planned_; }

 private:
  struct Count {
    int done = 0;
    int known = 0;
  };
  const TaskProgress& on_task_;
  std::map<std::string, Count> counts_;
  std::set<std::string> planned_;
};

StatusOr<std::vector<Task>> FirstTasks(const scheduler::RunSpec& spec, const Grid& grid) {
  FW_ASSIGN_OR_RETURN(const std::vector<scheduler::DetectTask> plan, scheduler::PlanDetectTasks(spec, grid));
  const std::string run_id = scheduler::RunHash(spec);
  std::vector<Task> tasks;
  for (const scheduler::DetectTask& detect : plan) {
    tasks.push_back(
        {.task_id = detect.task_id, .run_id = run_id, .kind = "detect", .payload = wire::TileToJson(detect.tile)});
  }
  return tasks;
}

/// Works until the queue is empty; every task is done or dead afterwards.
Status Drain(Queue& queue, const std::vector<TaskHandler*>& handlers, TaskTally& tally,
             const std::function<bool()>& stop) {
  while (true) {
    if (stop()) {
      return Error(Fault::kInterrupted, "stopped between two tasks; the same command continues from here");
    }
    FW_ASSIGN_OR_RETURN(const Turn turn, WorkOnce(queue, handlers, "local", std::chrono::milliseconds(0)));
    if (!turn.worked) return {};
    tally.Expect(turn.follow_ups);
    tally.Finish(turn.task);
  }
}

/// Adds what only the artifacts and the dead letters know.
Status Conclude(const Queue& queue, const std::string& run_id, const std::vector<Task>& first, const Stages& stages,
                const TaskTally& tally, results::SiteCollector& collector, LocalRun& run) {
  std::set<std::string> dead_ids;
  FW_ASSIGN_OR_RETURN(const std::vector<DeadTask> dead, queue.DeadTasks(run_id));
  for (const DeadTask& letter : dead) {
    dead_ids.insert(letter.task.task_id);
    run.failed_tasks.push_back(
        fmt::format("{} {}: {}", letter.task.kind, letter.task.task_id, MessageOf(letter.status)));
    if (letter.task.kind == "patch") FW_RETURN_IF_ERROR(collector.AddUnmeasured(letter));
  }
  FW_ASSIGN_OR_RETURN(const std::set<std::string> done, queue.DoneSet(run_id));
  run.progress = scheduler::Assess(tally.planned(), done, dead_ids);
  for (const Task& task : first) {
    if (!done.contains(task.task_id)) continue;
    FW_ASSIGN_OR_RETURN(const std::string stored, stages.store.Get(DetectKey(task.task_id)));
    FW_ASSIGN_OR_RETURN(const wire::DetectAnswer answer, wire::DetectAnswerFromJson(stored));
    run.pixels_scanned += answer.pixels_scanned;
  }
  run.sites = collector.Sites();
  for (const results::SiteRecord& site : run.sites) {
    run.pixels_unwrapped += static_cast<long>(site.series.pixels_unwrapped);
  }
  return {};
}

}  // namespace

StatusOr<LocalRun> RunInOneProcess(const scheduler::RunSpec& spec, const Stages& stages, const TaskProgress& on_task,
                                   const std::function<bool()>& stop) {
  FW_ASSIGN_OR_RETURN(const std::vector<Task> first, FirstTasks(spec, stages.stack.track().grid));
  SteadyClock clock;
  const std::unique_ptr<Queue> queue = OpenMemoryQueue({}, clock);
  detector::DetectTaskHandler detect(stages.stack, stages.detector, stages.store);
  unwrapper::PatchTaskHandler patch(stages.stack, stages.unwrapper, stages.store);
  results::SiteCollector collector(stages.stack.track(), stages.store);
  TaskTally tally(on_task);
  tally.Expect(first);
  FW_RETURN_IF_ERROR(queue->Push(first));
  FW_RETURN_IF_ERROR(Drain(*queue, {&detect, &patch, &collector}, tally, stop));
  LocalRun run;
  FW_RETURN_IF_ERROR(Conclude(*queue, scheduler::RunHash(spec), first, stages, tally, collector, run));
  return run;
}

}  // namespace fringewatch::cli
