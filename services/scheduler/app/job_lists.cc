/// JobService: what it lists, page by page, and what it streams.
#include <algorithm>
#include <set>
#include <tuple>

#include "common/service/shutdown.h"
#include "common/wire/page_token.h"
#include "services/scheduler/app/job_messages.h"
#include "services/scheduler/app/job_service.h"

namespace fringewatch::scheduler {
namespace {

/// Newest first, then by id: the order of RunRegistry::List.
bool ComesAfter(const RunRecord& run, const std::vector<std::string>& position) {
  return position.empty() || std::tie(position[0], run.run_id) > std::tie(run.submitted_at, position[1]);
}

std::string NameOfList(const v1::ListRunsRequest& request) {
  std::set<int> states(request.states().begin(), request.states().end());
  return fmt::format("runs of '{}' in {}", request.track(), fmt::join(states, ","));
}

bool IsWanted(const v1::ListRunsRequest& request, v1::RunState state) {
  return request.states().empty() ||
         std::find(request.states().begin(), request.states().end(), state) != request.states().end();
}

}  // namespace

Status JobService::List(const v1::ListRunsRequest& request, v1::ListRunsResponse& response) {
  const std::string list = NameOfList(request);
  FW_ASSIGN_OR_RETURN(const size_t page_size, wire::PageSize(request.page_size()));
  FW_ASSIGN_OR_RETURN(const std::vector<std::string> position, wire::ReadPageToken(list, request.page_token(), 2));
  FW_ASSIGN_OR_RETURN(const RunRegistry::Listing listing, parts_.registry.List());
  size_t bytes = 0;
  const RunRecord* last = nullptr;
  for (const RunView& run : listing.runs) {
    if (!ComesAfter(*run.record, position)) continue;
    if (!request.track().empty() && run.record->track != request.track()) continue;
    FW_ASSIGN_OR_RETURN(v1::Run message, Describe(run));
    if (!IsWanted(request, message.state())) continue;
    bytes += message.ByteSizeLong();
    const bool full = static_cast<size_t>(response.runs_size()) == page_size || bytes > wire::kPageBytes;
    if (full && last != nullptr) {
      response.set_next_page_token(wire::MakePageToken(list, {last->submitted_at, last->run_id}));
      return {};
    }
    *response.add_runs() = std::move(message);
    last = run.record.get();
  }
  return {};
}

Status JobService::ListDead(const v1::ListDeadTasksRequest& request, v1::ListDeadTasksResponse& response) {
  const std::string list = fmt::format("dead tasks of '{}'", request.run_id());
  FW_ASSIGN_OR_RETURN(const size_t page_size, wire::PageSize(request.page_size()));
  FW_ASSIGN_OR_RETURN(const std::vector<std::string> position, wire::ReadPageToken(list, request.page_token(), 2));
  std::vector<std::string> run_ids{request.run_id()};
  if (request.run_id().empty()) {
    FW_ASSIGN_OR_RETURN(run_ids, parts_.queue.Runs());
  } else {
    FW_RETURN_IF_ERROR(parts_.registry.Get(request.run_id()).status());
  }
  size_t bytes = 0;
  for (const std::string& run_id : run_ids) {
    if (!position.empty() && run_id < position[0]) continue;
    FW_ASSIGN_OR_RETURN(std::vector<DeadTask> dead, parts_.queue.DeadTasks(run_id));
    // By id: tasks that are retried between two pages do not shift the others.
    std::sort(dead.begin(), dead.end(),
              [](const DeadTask& a, const DeadTask& b) { return a.task.task_id < b.task.task_id; });
    for (const DeadTask& letter : dead) {
      if (!position.empty() && run_id == position[0] && letter.task.task_id <= position[1]) continue;
      v1::DeadTask message = ToMessage(letter);
      bytes += message.ByteSizeLong();
      const int size = response.tasks_size();
      if (size > 0 && (static_cast<size_t>(size) == page_size || bytes > wire::kPageBytes)) {
        const v1::DeadTask& last = response.tasks(size - 1);
        response.set_next_page_token(wire::MakePageToken(list, {last.run_id(), last.task_id()}));
        return {};
      }
      *response.add_tasks() = std::move(message);
    }
  }
  return {};
}

Status JobService::Watch(const v1::WatchRunRequest& request, grpc::ServerContext& context,
                         grpc::ServerWriter<v1::RunProgress>& writer) {
  Forecast forecast;
  std::string told;
  Clock::TimePoint told_at;
  while (!context.IsCancelled()) {
    FW_ASSIGN_OR_RETURN(const RunView run, parts_.registry.Get(request.run_id()));
    FW_ASSIGN_OR_RETURN(const RunCounts counts, CountsOf(run));
    const RunState state = run.ended().value_or(StageOf(run.tiles, counts));
    v1::RunProgress progress = ToMessage(run, state, counts);
    const std::string now_known = progress.SerializeAsString();
    const Clock::TimePoint now = parts_.clock.Now();
    const double now_s = std::chrono::duration<double>(now.time_since_epoch()).count();
    const auto remaining_s = forecast.Remaining_s(now_s, run.tiles, counts);
    if (remaining_s && !run.ended()) SetDuration(*remaining_s, *progress.mutable_eta());
    if (now_known != told || now - told_at >= parts_.watch_repeat) {
      if (!writer.Write(progress)) break;
      told = now_known;
      told_at = now;
    }
    if (run.ended()) return {};
    if (service::WaitForDrain(parts_.watch_poll)) {
      return Error(Fault::kDraining, "this scheduler is being stopped; the run goes on: watch it again");
    }
  }
  return Error(Fault::kInterrupted, "the client hung up");
}

}  // namespace fringewatch::scheduler
