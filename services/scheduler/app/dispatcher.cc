#include "services/scheduler/app/dispatcher.h"

#include <algorithm>

#include "common/queue/task_id.h"
#include "common/service/log.h"
#include "services/scheduler/app/run_tasks.h"

namespace fringewatch::scheduler {
namespace {

constexpr size_t kReasonsKept = 20;

/// Keeps the first failure.
void Note(Status& first, const Status& status) {
  if (first.ok() && !status.ok()) first = status;
}

std::vector<std::string> ReasonsOf(const RunOutcome& outcome, const DeadTask* unpublished) {
  std::vector<std::string> reasons;
  if (unpublished != nullptr) {
    reasons.push_back(fmt::format("the products could not be written: {}", MessageOf(unpublished->status)));
  }
  for (const RunOutcome::DeadTask& task : outcome.dead) {
    reasons.push_back(fmt::format("{} {}: {}", task.kind, task.task_id, task.reason));
  }
  if (reasons.size() > kReasonsKept) {
    const size_t more = reasons.size() - (kReasonsKept - 1);
    reasons.resize(kReasonsKept - 1);
    reasons.push_back(fmt::format("and {} more: `fringewatch dead` lists them", more));
  }
  return reasons;
}

}  // namespace

bool Dispatcher::KnowsAll(const std::set<std::string>& known, const Plan& plan) {
  return std::all_of(plan.tasks.begin(), plan.tasks.end(),
                     [&known](const Task& task) { return known.contains(task.task_id); });
}

/// What the metrics say about all runs.
struct Dispatcher::Tally {
  std::map<std::string, long> runs_by_state, dead_by_stage;

  Tally() {
    for (const RunState state : {RunState::kQueued, RunState::kDetecting, RunState::kUnwrapping, RunState::kAggregating,
                                 RunState::kSucceeded, RunState::kPartial, RunState::kFailed, RunState::kCancelled}) {
      runs_by_state[std::string(NameOf(state))] = 0;
    }
    for (const char* stage : {kDetectKind, kPatchKind, kSiteKind, kPublishKind}) dead_by_stage[stage] = 0;
  }
  void Add(const RunView& run, const CountsByKind& counts) {
    const RunState state = run.ended().value_or(StageOf(run.tiles, StagesOf(counts)));
    ++runs_by_state[std::string(NameOf(state))];
    for (const auto& [kind, count] : counts) dead_by_stage[kind] += count.dead;
  }
};

Status Dispatcher::Step(Look look) {
  // The queue first: a run is in the store before the queue hears of it.
  FW_ASSIGN_OR_RETURN(const std::vector<std::string> in_queue, queue_.Runs());
  StatusOr<RunRegistry::Listing> looked_at = RunRegistry::Listing();
  if (look == Look::kAll) {
    looked_at = registry_.List();
  } else {
    looked_at = registry_.ListActive(in_queue);
  }
  FW_ASSIGN_OR_RETURN(const RunRegistry::Listing listing, std::move(looked_at));
  const std::set<std::string> queued(in_queue.begin(), in_queue.end());
  Status first;
  Tally tally;
  for (const RunView& run : listing.runs) {
    const std::string& run_id = run.record->run_id;
    CountsByKind counts;
    if (queued.contains(run_id)) {
      StatusOr<CountsByKind> counted = queue_.Counts(run_id);
      if (!counted.ok()) return counted.status();
      counts = *std::move(counted);
    }
    tally.Add(run, counts);
    if (run.ended()) {
      plans_.erase(run_id);
      continue;
    }
    const Status advanced = Advance(run, counts);
    if (advanced.code() == StatusCode::kUnavailable) return advanced;
    Note(first, Annotate(advanced, "run " + run_id));
  }
  Note(first, ForgetEnded(in_queue, listing));
  if (look == Look::kAll) metrics_.SetRuns(tally.runs_by_state);
  metrics_.SetDeadTasks(tally.dead_by_stage);
  const StatusOr<std::vector<LineState>> lines = queue_.Lines();
  if (lines.ok()) metrics_.SetQueue(*lines);
  Note(first, lines.status());
  return first;
}

Status Dispatcher::Advance(const RunView& run, const CountsByKind& counts) {
  const std::string& run_id = run.record->run_id;
  // Numbers are a hint only: while the plan is known and something is open there is nothing to do.
  if (StagesOf(counts).tiles.total() >= run.tiles && Total(counts).queued + Total(counts).leased > 0) return {};
  FW_ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> plan, PlanOf(run_id));
  // What has ended before what is known: a task that ends in between has its follow-ups among the known ones, and
  // counts as open until the next step.
  FW_ASSIGN_OR_RETURN(const std::vector<DeadTask> dead, queue_.DeadTasks(run_id));
  FW_ASSIGN_OR_RETURN(const std::set<std::string> done, queue_.DoneSet(run_id));
  FW_ASSIGN_OR_RETURN(const std::set<std::string> known, queue_.KnownSet(run_id));
  if (!KnowsAll(known, *plan)) {
    // Perhaps another scheduler has just ended the run and had the queue forget it. That order is fixed, so a look
    // at the store tells.
    FW_ASSIGN_OR_RETURN(const RunView now, registry_.Get(run_id));
    return now.ended() ? Status() : PushMissing(*plan, known);
  }
  std::set<std::string> dead_ids;
  for (const DeadTask& letter : dead) dead_ids.insert(letter.task.task_id);
  if (!AllEnded(known, done, dead_ids)) return {};
  return Conclude(run, *plan, done, dead, known);
}

Status Dispatcher::PushMissing(const Plan& plan, const std::set<std::string>& known) {
  std::vector<Task> missing;
  for (const Task& task : plan.tasks) {
    if (!known.contains(task.task_id)) missing.push_back(task);
  }
  FW_RETURN_IF_ERROR(queue_.Push(missing));
  service::Log(service::LogLevel::kInfo, fmt::format("{} of {} tiles queued", missing.size(), plan.tasks.size()),
               {{"run_id", plan.record.run_id}});
  return {};
}

Status Dispatcher::Conclude(const RunView& run, const Plan& plan, const std::set<std::string>& done,
                            const std::vector<DeadTask>& dead, const std::set<std::string>& known) {
  const RunOutcome outcome = OutcomeOf(plan.record, done, dead);
  const std::string key = OutcomeKey(plan.record.run_id, outcome);
  const Task publish = PublishTaskOf(plan.record, key);
  if (!known.contains(publish.task_id)) {
    FW_RETURN_IF_ERROR(store_.PutIfAbsent(key, ToJson(outcome)));
    return queue_.Push({publish});
  }
  const auto unpublished = std::find_if(
      dead.begin(), dead.end(), [&publish](const DeadTask& letter) { return letter.task.task_id == publish.task_id; });
  const bool died = unpublished != dead.end() && !done.contains(publish.task_id);
  return Finish(run, outcome, died ? &*unpublished : nullptr);
}

Status Dispatcher::Finish(const RunView& run, const RunOutcome& outcome, const DeadTask* unpublished) {
  const std::string& run_id = run.record->run_id;
  FW_ASSIGN_OR_RETURN(const CountsByKind counts, queue_.Counts(run_id));
  if (counts.empty()) return {};  // another scheduler has just ended the run and had the queue forget it
  const RunState state = EndOf(static_cast<long>(outcome.done_detect_ids.size()),
                               static_cast<long>(outcome.dead.size()), unpublished == nullptr);
  FW_ASSIGN_OR_RETURN(const RunView after, registry_.Append(run, {.kind = RunEvent::Kind::kFinished,
                                                                  .by = "scheduler",
                                                                  .state = std::string(NameOf(state)),
                                                                  .reasons = ReasonsOf(outcome, unpublished),
                                                                  .counts = counts}));
  service::Log(service::LogLevel::kInfo, fmt::format("run ended: {}", NameOf(state)), {{"run_id", run_id}});
  return after.ended() == RunState::kSucceeded ? queue_.Forget(run_id) : Status();
}

Status Dispatcher::ForgetEnded(const std::vector<std::string>& in_queue, const RunRegistry::Listing& listing) {
  std::set<std::string> known(listing.unreadable.begin(), listing.unreadable.end());
  // A run that ended with dead letters keeps them until it is resumed or cancelled.
  std::set<std::string> over;
  for (const RunView& run : listing.runs) {
    known.insert(run.record->run_id);
    const std::optional<RunState> ended = run.ended();
    if (ended == RunState::kSucceeded || ended == RunState::kCancelled) over.insert(run.record->run_id);
  }
  Status first;
  for (const std::string& run_id : in_queue) {
    if (over.contains(run_id)) Note(first, queue_.Forget(run_id));
    // Not a reason to forget: a store that is away for a moment (a folder that is not mounted) knows no run.
    if (!known.contains(run_id) && strangers_.insert(run_id).second) {
      service::Log(service::LogLevel::kWarning,
                   "the queue has a run that the store does not know: left alone (is store.uri the right one?)",
                   {{"run_id", run_id}});
    }
  }
  return first;
}

StatusOr<std::shared_ptr<const Dispatcher::Plan>> Dispatcher::PlanOf(const std::string& run_id) {
  if (const auto found = plans_.find(run_id); found != plans_.end()) return found->second;
  auto plan = std::make_shared<Plan>();
  FW_ASSIGN_OR_RETURN(plan->record, registry_.Record(run_id));
  FW_ASSIGN_OR_RETURN(plan->tasks, DetectTasksOf(plan->record));
  plans_[run_id] = plan;
  return std::shared_ptr<const Plan>(plan);
}

}  // namespace fringewatch::scheduler
