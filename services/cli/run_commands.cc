/// `fringewatch runs`, `cancel`, `resume`, `dead` and `retry`: the life of runs.
#include "fringewatch/v1/jobs.grpc.pb.h"
#include "services/cli/client_commands.h"
#include "services/cli/client_json.h"
#include "services/cli/client_pages.h"
#include "services/cli/run_text.h"
#include "services/cli/table.h"
#include "services/cli/watch_run.h"

namespace fringewatch::cli {
namespace {

using JobStub = v1::JobService::Stub;

std::string PriorityText(v1::Priority priority) { return priority == v1::PRIORITY_EMERGENCY ? "emergency" : "routine"; }

void PrintRuns(std::ostream& out, const v1::ListRunsResponse& list) {
  if (list.runs().empty()) {
    out << "no runs\n";
    return;
  }
  Table table({{"RUN"}, {"TRACK"}, {"STATE"}, {"PRIORITY"}, {"PAIRS", true}, {"SUBMITTED (UTC)"}, {"BY"}, {"WHY"}});
  for (const v1::Run& run : list.runs()) {
    table.Add({run.run_id(), run.track(), v1::RunState_Name(run.state()), PriorityText(run.priority()),
               fmt::format("{}", run.pairs()), TimeText(run.submitted_at()), OrDash(run.submitted_by()),
               run.reasons().empty() ? "" : run.reasons(0)});
  }
  table.Print(out);
  if (!list.next_page_token().empty()) out << "there are more: --limit 0 lists all\n";
}

/// All that is known of one run.
void PrintRun(std::ostream& out, const v1::Run& run) {
  PrintState(out, run);
  const v1::Source& source = run.source();
  Table table({{"track"}, {run.track()}});
  table.Add({"source", source.uri()});
  table.Add({"format", source.format().empty() ? "recognised" : source.format()});
  table.Add({"size", fmt::format("{} pairs, {} x {} pixels", run.pairs(), run.rows(), run.cols())});
  if (run.policy().has_threshold()) table.Add({"threshold", fmt::format("{}", run.policy().threshold())});
  if (run.policy().has_tile_px()) table.Add({"tile", fmt::format("{} pixels", run.policy().tile_px())});
  if (run.policy().has_halo_px()) table.Add({"halo", fmt::format("{} pixels", run.policy().halo_px())});
  table.Add({"rejected", run.policy().skip_rejected() ? "skipped" : "refused"});
  table.Add({"priority", PriorityText(run.priority())});
  table.Add({"submitted", TimeText(run.submitted_at()) + " UTC by " + OrDash(run.submitted_by())});
  table.Add({"updated", TimeText(run.updated_at()) + " UTC"});
  table.Add({"compute", OrDash(run.compute())});
  table.Add({"version", OrDash(run.version())});
  for (const std::string& hash : run.model_sha256()) table.Add({"model", hash});
  table.Print(out);
}

StatusOr<ExitCode> ShowRun(const RunsOptions& options, const Connection& connection, const Console& console) {
  v1::GetRunRequest request;
  request.set_run_id(options.run_id);
  FW_ASSIGN_OR_RETURN(const auto run, connection.Call(&JobStub::AsyncGetRun, request));
  if (options.output == Output::kJson) {
    FW_RETURN_IF_ERROR(PrintJson(console.out, run));
  } else {
    PrintRun(console.out, run);
  }
  return ExitCode::kDone;
}

StatusOr<ExitCode> ListRuns(const RunsOptions& options, const Connection& connection, const Console& console) {
  v1::ListRunsRequest request;
  request.set_track(options.track);
  for (const std::string& name : options.states) {
    v1::RunState state = v1::RUN_STATE_UNSPECIFIED;
    if (!v1::RunState_Parse(name, &state)) return Error(Fault::kBadOption, "--state {}: no state of a run", name);
    request.add_states(state);
  }
  FW_ASSIGN_OR_RETURN(const auto list,
                      CallForAllPages(connection, &JobStub::AsyncListRuns, request, options.limit,
                                      [](v1::ListRunsResponse& response) { return response.mutable_runs(); }));
  if (options.output == Output::kJson) {
    FW_RETURN_IF_ERROR(PrintJson(console.out, list));
  } else {
    PrintRuns(console.out, list);
  }
  return ExitCode::kDone;
}

/// The state after a change that was asked for; the change went through, whatever the state.
StatusOr<ExitCode> AfterChange(const v1::Run& run, const google::protobuf::Message& answer, const RunIdOptions& options,
                               const Connection& connection, const Console& console) {
  const bool follow = options.watch && !HasEnded(run.state());
  if (options.output == Output::kTable) {
    PrintState(console.out, run);
    console.out.flush();
  } else if (!follow) {
    FW_RETURN_IF_ERROR(PrintJson(console.out, answer));
  }
  if (follow) return FollowRun(connection, run.run_id(), options.output, console, true);
  return ExitCode::kDone;
}

template <typename Request>
StatusOr<ExitCode> Change(Connection::Method<JobStub, Request, v1::Run> method, const RunIdOptions& options,
                          const Connection& connection, const Console& console) {
  Request request;
  request.set_run_id(options.run_id);
  FW_ASSIGN_OR_RETURN(const v1::Run run, connection.Call(method, request));
  return AfterChange(run, run, options, connection, console);
}

void PrintDead(std::ostream& out, const v1::ListDeadTasksResponse& list, bool history) {
  if (list.tasks().empty()) {
    out << "no dead tasks\n";
    return;
  }
  Table table({{"TASK"}, {"KIND"}, {"RUN"}, {"ATTEMPTS", true}, {"STATUS"}, {"MESSAGE"}});
  for (const v1::DeadTask& task : list.tasks()) {
    table.Add(
        {task.task_id(), task.kind(), task.run_id(), fmt::format("{}", task.attempts()), task.code(), task.message()});
    if (!history) continue;
    for (const std::string& line : task.history()) table.Add({"", "", "", "", "", line});
  }
  table.Print(out);
  if (!list.next_page_token().empty()) out << "there are more: --limit 0 lists all\n";
}

StatusOr<ExitCode> ListDead(const DeadOptions& options, const Connection& connection, const Console& console) {
  v1::ListDeadTasksRequest request;
  request.set_run_id(options.run_id);
  FW_ASSIGN_OR_RETURN(const auto list,
                      CallForAllPages(connection, &JobStub::AsyncListDeadTasks, request, options.limit,
                                      [](v1::ListDeadTasksResponse& response) { return response.mutable_tasks(); }));
  if (options.output == Output::kJson) {
    FW_RETURN_IF_ERROR(PrintJson(console.out, list));
  } else {
    PrintDead(console.out, list, options.history);
  }
  return ExitCode::kDone;
}

StatusOr<ExitCode> Retry(const RetryOptions& options, const Connection& connection, const Console& console) {
  v1::RetryTaskRequest request;
  request.set_run_id(options.run_id);
  request.set_task_id(options.task_id);
  FW_ASSIGN_OR_RETURN(const auto answer, connection.Call(&JobStub::AsyncRetryTask, request));
  if (options.output == Output::kTable) {
    console.out << fmt::format("{} {} queued again\n", answer.retried(), answer.retried() == 1 ? "task" : "tasks");
  }
  return AfterChange(answer.run(), answer, options, connection, console);
}

}  // namespace

ExitCode RunsCommand(const RunsOptions& options, const Console& console) {
  return WithConnection(options.connection, Service::kJobs, console, [&](const Connection& connection) {
    return options.run_id.empty() ? ListRuns(options, connection, console) : ShowRun(options, connection, console);
  });
}

ExitCode CancelCommand(const RunIdOptions& options, const Console& console) {
  return WithConnection(options.connection, Service::kJobs, console, [&](const Connection& connection) {
    return Change(&JobStub::AsyncCancelRun, options, connection, console);
  });
}

ExitCode ResumeCommand(const RunIdOptions& options, const Console& console) {
  return WithConnection(options.connection, Service::kJobs, console, [&](const Connection& connection) {
    return Change(&JobStub::AsyncResumeRun, options, connection, console);
  });
}

ExitCode DeadCommand(const DeadOptions& options, const Console& console) {
  return WithConnection(options.connection, Service::kJobs, console,
                        [&](const Connection& connection) { return ListDead(options, connection, console); });
}

ExitCode RetryCommand(const RetryOptions& options, const Console& console) {
  return WithConnection(options.connection, Service::kJobs, console,
                        [&](const Connection& connection) { return Retry(options, connection, console); });
}

}  // namespace fringewatch::cli
