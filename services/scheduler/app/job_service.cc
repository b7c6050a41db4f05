#include "services/scheduler/app/job_service.h"

#include "common/wire/message_text.h"
#include "services/scheduler/app/job_messages.h"
#include "services/scheduler/app/job_requests.h"
#include "services/scheduler/app/run_tasks.h"

namespace fringewatch::scheduler {

using service::Call;
using service::Role;

grpc::Status JobService::SubmitTrack(grpc::ServerContext* context, const v1::SubmitTrackRequest* request,
                                     v1::SubmitTrackResponse* response) {
  return parts_.gate.Unary(*context, "SubmitTrack", Role::kOperator, [&](Call& call) {
    call.request_line =
        fmt::format("request_id={} source={} track={}", wire::MessageText(request->request_id(), 128),
                    wire::MessageText(request->source().uri(), 1000), wire::MessageText(request->track(), 256));
    return Submit(*request, call.caller.name, *response);
  });
}

grpc::Status JobService::PlanTrack(grpc::ServerContext* context, const v1::PlanTrackRequest* request,
                                   v1::PlanTrackResponse* response) {
  return parts_.gate.Unary(*context, "PlanTrack", Role::kViewer, [&](Call&) -> Status {
    FW_RETURN_IF_ERROR(Check(*request));
    FW_ASSIGN_OR_RETURN(const PlannedRun plan, PlanRun(SourceOf(request->source(), request->track()),
                                                       PolicyOf(request->policy()), parts_.computing, parts_.open));
    *response = ToMessage(plan, parts_.detect_mpx_per_s);
    return {};
  });
}

grpc::Status JobService::GetRun(grpc::ServerContext* context, const v1::GetRunRequest* request, v1::Run* response) {
  return parts_.gate.Unary(*context, "GetRun", Role::kViewer, [&](Call&) -> Status {
    FW_ASSIGN_OR_RETURN(const RunView run, parts_.registry.Get(request->run_id()));
    FW_ASSIGN_OR_RETURN(*response, Describe(run));
    return {};
  });
}

grpc::Status JobService::ListRuns(grpc::ServerContext* context, const v1::ListRunsRequest* request,
                                  v1::ListRunsResponse* response) {
  return parts_.gate.Unary(*context, "ListRuns", Role::kViewer, [&](Call&) { return List(*request, *response); });
}

grpc::Status JobService::WatchRun(grpc::ServerContext* context, const v1::WatchRunRequest* request,
                                  grpc::ServerWriter<v1::RunProgress>* writer) {
  return parts_.gate.Stream(*context, "WatchRun", Role::kViewer,
                            [&](Call&) { return Watch(*request, *context, *writer); });
}

grpc::Status JobService::CancelRun(grpc::ServerContext* context, const v1::CancelRunRequest* request,
                                   v1::Run* response) {
  return parts_.gate.Unary(*context, "CancelRun", Role::kOperator, [&](Call& call) {
    call.request_line = fmt::format("run={}", wire::MessageText(request->run_id(), 64));
    return Cancel(request->run_id(), call.caller.name, *response);
  });
}

grpc::Status JobService::ResumeRun(grpc::ServerContext* context, const v1::ResumeRunRequest* request,
                                   v1::Run* response) {
  return parts_.gate.Unary(*context, "ResumeRun", Role::kOperator, [&](Call& call) {
    call.request_line = fmt::format("run={}", wire::MessageText(request->run_id(), 64));
    return Resume(request->run_id(), call.caller.name, *response);
  });
}

grpc::Status JobService::ListDeadTasks(grpc::ServerContext* context, const v1::ListDeadTasksRequest* request,
                                       v1::ListDeadTasksResponse* response) {
  return parts_.gate.Unary(*context, "ListDeadTasks", Role::kViewer,
                           [&](Call&) { return ListDead(*request, *response); });
}

grpc::Status JobService::RetryTask(grpc::ServerContext* context, const v1::RetryTaskRequest* request,
                                   v1::RetryTaskResponse* response) {
  return parts_.gate.Unary(*context, "RetryTask", Role::kOperator, [&](Call& call) -> Status {
    call.request_line = fmt::format("run={} task={}", wire::MessageText(request->run_id(), 64),
                                    wire::MessageText(request->task_id(), 64));
    FW_ASSIGN_OR_RETURN(const int retried,
                        Revive(request->run_id(), request->task_id(), call.caller.name, *response->mutable_run()));
    response->set_retried(retried);
    return {};
  });
}

Status JobService::Submit(const v1::SubmitTrackRequest& request, const std::string& caller,
                          v1::SubmitTrackResponse& response) {
  FW_ASSIGN_OR_RETURN(const AcceptedRequest accepted, Accept(request, caller));
  FW_ASSIGN_OR_RETURN(const RunView run, parts_.registry.Get(accepted.run_id));
  parts_.wake_dispatcher();
  // Known to the store, and so accepted, even while the queue is away.
  const StatusOr<RunCounts> counts = CountsOf(run);
  const RunState running = StageOf(run.tiles, counts.ok() ? *counts : RunCounts());
  *response.mutable_run() = ToMessage(run, run.ended().value_or(running));
  response.set_created(run.record->submitted_at == accepted.at && run.record->submitted_by == accepted.by);
  return {};
}

StatusOr<AcceptedRequest> JobService::Accept(const v1::SubmitTrackRequest& request, const std::string& caller) {
  FW_RETURN_IF_ERROR(Check(request));
  const std::string body = BodyHash(request);
  FW_ASSIGN_OR_RETURN(const auto earlier, parts_.registry.Find(request.request_id(), body));
  if (earlier) {
    const Status known = parts_.registry.Get(earlier->run_id).status();
    if (known.ok()) return *earlier;
    // Its scheduler died before the record was written: go on in its place.
    if (known.code() != CodeOf(Fault::kUnknownName)) return known;
  }
  FW_ASSIGN_OR_RETURN(PlannedRun plan, PlanRun(SourceOf(request.source(), request.track()), PolicyOf(request.policy()),
                                               parts_.computing, parts_.open));
  FW_RETURN_IF_ERROR(CheckInputs(plan.track, plan.record.skip_rejected));
  // The request id is taken first, so that the loser of two requests under one id has started nothing.
  RunRecord& record = plan.record;
  FW_ASSIGN_OR_RETURN(
      AcceptedRequest accepted,
      parts_.registry.Claim(
          request.request_id(),
          {.run_id = record.run_id, .body_sha256 = body, .at = parts_.registry.Timestamp(), .by = caller}));
  record.priority = PriorityOf(request.priority());
  record.submitted_at = accepted.at;
  record.submitted_by = accepted.by;
  accepted.run_id = record.run_id;
  FW_RETURN_IF_ERROR(parts_.registry.Create(record));
  return accepted;
}

Status JobService::Cancel(const std::string& run_id, const std::string& caller, v1::Run& response) {
  FW_ASSIGN_OR_RETURN(RunView run, parts_.registry.Get(run_id));
  // One that ended with dead letters can: they take the memory of the queue until then.
  if (const auto ended = run.ended(); ended == RunState::kSucceeded || ended == RunState::kCancelled) {
    return Error(Fault::kWrongState, "run {} is {} and cannot be cancelled any more", run_id, NameOf(*ended));
  }
  const StatusOr<CountsByKind> counts = parts_.queue.Counts(run_id);
  FW_ASSIGN_OR_RETURN(run, parts_.registry.Append(run, {.kind = RunEvent::Kind::kCancelled,
                                                        .by = caller,
                                                        .reasons = {fmt::format("cancelled by {}", caller)},
                                                        .counts = counts.ok() ? *counts : CountsByKind()}));
  // The dispatcher clears what ended; now is sooner. While the queue is away, it will do so later.
  if (run.ended() == RunState::kCancelled) (void)parts_.queue.Forget(run_id);
  parts_.wake_dispatcher();
  FW_ASSIGN_OR_RETURN(response, Describe(run));
  return {};
}

Status JobService::Resume(const std::string& run_id, const std::string& caller, v1::Run& response) {
  FW_ASSIGN_OR_RETURN(const RunView run, parts_.registry.Get(run_id));
  // All tasks of an ended run anew, also those that were done: their artifacts may have been deleted because they were
  // damaged, and those that are there are not made again. Before the event, as in Revive.
  if (run.ended() && run.ended() != RunState::kSucceeded) FW_RETURN_IF_ERROR(parts_.queue.Forget(run_id));
  return Revive(run_id, "", caller, response).status();
}

StatusOr<int> JobService::Revive(const std::string& run_id, const std::string& task_id, const std::string& caller,
                                 v1::Run& response) {
  FW_ASSIGN_OR_RETURN(const RunView before, parts_.registry.Get(run_id));
  if (before.ended() == RunState::kSucceeded) {
    return Error(Fault::kWrongState, "run {} is SUCCEEDED: there is nothing left to do", run_id);
  }
  // The tasks first: a dispatcher that sees the run active again must find them open, or it would end the run at once.
  FW_ASSIGN_OR_RETURN(const int retried, Retry(run_id, task_id));
  FW_ASSIGN_OR_RETURN(RunView run, parts_.registry.Get(run_id));
  // Also for an active run: a dispatcher that counted these tasks as dead must not end it (see RunEvent).
  if (run.ended() || retried > 0) {
    FW_ASSIGN_OR_RETURN(run, parts_.registry.Append(run, {.kind = RunEvent::Kind::kResumed, .by = caller}));
  }
  parts_.wake_dispatcher();
  FW_ASSIGN_OR_RETURN(response, Describe(run));
  return retried;
}

StatusOr<int> JobService::Retry(const std::string& run_id, const std::string& task_id) {
  if (!task_id.empty()) {
    FW_RETURN_IF_ERROR(parts_.queue.Retry(run_id, task_id));
    return 1;
  }
  FW_ASSIGN_OR_RETURN(const std::vector<DeadTask> dead, parts_.queue.DeadTasks(run_id));
  int retried = 0;
  for (const DeadTask& letter : dead) {
    const Status queued = parts_.queue.Retry(run_id, letter.task.task_id);
    if (queued.ok()) ++retried;
    if (!queued.ok() && queued.code() != CodeOf(Fault::kUnknownName)) return queued;  // unknown: another call did it
  }
  return retried;
}

StatusOr<RunCounts> JobService::CountsOf(const RunView& run) const {
  if (run.ended()) return StagesOf(run.newest->counts);
  FW_ASSIGN_OR_RETURN(const CountsByKind counts, parts_.queue.Counts(run.record->run_id));
  return StagesOf(counts);
}

StatusOr<v1::Run> JobService::Describe(const RunView& run) const {
  if (const auto ended = run.ended()) return ToMessage(run, *ended);
  FW_ASSIGN_OR_RETURN(const RunCounts counts, CountsOf(run));
  return ToMessage(run, StageOf(run.tiles, counts));
}

}  // namespace fringewatch::scheduler
