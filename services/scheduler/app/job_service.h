/// JobService over gRPC: the operator's side of the scheduler. Holds no state: runs lie in the store, tasks in the
/// queue.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "common/base/clock.h"
#include "common/queue/queue.h"
#include "common/service/rpc_gate.h"
#include "fringewatch/v1/jobs.grpc.pb.h"
#include "services/scheduler/app/plan_run.h"
#include "services/scheduler/app/run_registry.h"
#include "services/scheduler/core/run_state.h"

namespace fringewatch::scheduler {

/// What the service works with. The references must outlive it.
struct JobParts {
  service::RpcGate& gate;
  Queue& queue;
  RunRegistry& registry;
  Clock& clock;  ///< of forecasts
  StackOpener open;
  Computing computing;
  double detect_mpx_per_s = 20;                    ///< of one detector process, for the estimates of PlanTrack
  std::function<void()> wake_dispatcher;           ///< called when a run needs the dispatcher now
  std::chrono::milliseconds watch_poll{500};       ///< how often a watched run is looked at
  std::chrono::milliseconds watch_repeat{15'000};  ///< how often an idle one is told again
};

class JobService final : public v1::JobService::Service {
 public:
  explicit JobService(JobParts parts) : parts_(std::move(parts)) {}

  grpc::Status SubmitTrack(grpc::ServerContext* context, const v1::SubmitTrackRequest* request,
                           v1::SubmitTrackResponse* response) override;
  grpc::Status PlanTrack(grpc::ServerContext* context, const v1::PlanTrackRequest* request,
                         v1::PlanTrackResponse* response) override;
  grpc::Status GetRun(grpc::ServerContext* context, const v1::GetRunRequest* request, v1::Run* response) override;
  grpc::Status ListRuns(grpc::ServerContext* context, const v1::ListRunsRequest* request,
                        v1::ListRunsResponse* response) override;
  grpc::Status WatchRun(grpc::ServerContext* context, const v1::WatchRunRequest* request,
                        grpc::ServerWriter<v1::RunProgress>* writer) override;
  grpc::Status CancelRun(grpc::ServerContext* context, const v1::CancelRunRequest* request, v1::Run* response) override;
  grpc::Status ResumeRun(grpc::ServerContext* context, const v1::ResumeRunRequest* request, v1::Run* response) override;
  grpc::Status ListDeadTasks(grpc::ServerContext* context, const v1::ListDeadTasksRequest* request,
                             v1::ListDeadTasksResponse* response) override;
  grpc::Status RetryTask(grpc::ServerContext* context, const v1::RetryTaskRequest* request,
                         v1::RetryTaskResponse* response) override;

 private:
  [[nodiscard]] Status Submit(const v1::SubmitTrackRequest& request, const std::string& caller,
                              v1::SubmitTrackResponse& response);
  [[nodiscard]] StatusOr<AcceptedRequest> Accept(const v1::SubmitTrackRequest& request, const std::string& caller);
  [[nodiscard]] Status List(const v1::ListRunsRequest& request, v1::ListRunsResponse& response);
  [[nodiscard]] Status ListDead(const v1::ListDeadTasksRequest& request, v1::ListDeadTasksResponse& response);
  [[nodiscard]] Status Watch(const v1::WatchRunRequest& request, grpc::ServerContext& context,
                             grpc::ServerWriter<v1::RunProgress>& writer);
  [[nodiscard]] Status Cancel(const std::string& run_id, const std::string& caller, v1::Run& response);
  [[nodiscard]] Status Resume(const std::string& run_id, const std::string& caller, v1::Run& response);
  /// Queues dead tasks again, all or one; makes an ended run active. Returns how many tasks.
  [[nodiscard]] StatusOr<int> Revive(const std::string& run_id, const std::string& task_id, const std::string& caller,
                                     v1::Run& response);
  [[nodiscard]] StatusOr<int> Retry(const std::string& run_id, const std::string& task_id);

  /// What the queue knows of an active run; of an ended one what was known when it ended.
  [[nodiscard]] StatusOr<RunCounts> CountsOf(const RunView& run) const;
  [[nodiscard]] StatusOr<v1::Run> Describe(const RunView& run) const;

  const JobParts parts_;
};

}  // namespace fringewatch::scheduler
