/// JobService as a client sees it: a scheduler process in this one, and calls to it.
#pragma once

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/service/rpc_server.h"
#include "services/scheduler/app/job_service.h"
#include "services/scheduler/app/test_cluster.h"

namespace fringewatch::scheduler {

/// A scheduler process: its own view of the store, its own port.
class SchedulerProcess {
 public:
  SchedulerProcess(Queue& queue, Store& store, RunRegistry::Now now) : registry_(store, std::move(now)) {
    gate_ = service::RpcGate::Open({.service = "JobService"}, *access_, metrics_).value();
    service_ = std::make_unique<JobService>(JobParts{.gate = *gate_,
                                                     .queue = queue,
                                                     .registry = registry_,
                                                     .clock = clock_,
                                                     .open = OpenMadeStack,
                                                     .computing = MadeComputing(),
                                                     .wake_dispatcher = [this] { ++woken; },
                                                     .watch_poll = std::chrono::milliseconds(1)});
    service::ServerSettings settings;
    settings.drain_delay_s = 0;
    server_ = service::RpcServer::Start(settings, {service_.get()}).value();
    stub_ = v1::JobService::NewStub(grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials()));
  }
  ~SchedulerProcess() { server_->Drain(); }
  v1::JobService::Stub& stub() { return *stub_; }
  std::atomic<int> woken = 0;

 private:
  SteadyClock clock_;
  RunRegistry registry_;
  service::Metrics metrics_{"scheduler"};
  std::unique_ptr<service::Access> access_ = service::OpenToEverybody();
  std::unique_ptr<service::RpcGate> gate_;
  std::unique_ptr<JobService> service_;
  std::unique_ptr<service::RpcServer> server_;
  std::unique_ptr<v1::JobService::Stub> stub_;
};

class JobServiceTest : public ClusterTest {
 protected:
  static std::unique_ptr<grpc::ClientContext> Context() {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    return context;
  }
  /// Calls a method; the answer's status goes to `status_`.
  template <typename Response, typename Method, typename Request>
  Response Call(Method method, const Request& request) {
    Response response;
    status_ = (process_.stub().*method)(Context().get(), request, &response);
    return response;
  }
  v1::SubmitTrackRequest Request(const std::string& id, const std::string& uri = "/data/005A") {
    v1::SubmitTrackRequest request;
    request.set_request_id(id);
    request.mutable_source()->set_uri(uri);
    request.mutable_policy()->set_tile_px(100);
    request.mutable_policy()->set_halo_px(10);
    return request;
  }
  v1::SubmitTrackResponse Submit(const v1::SubmitTrackRequest& request) {
    return Call<v1::SubmitTrackResponse>(&v1::JobService::Stub::SubmitTrack, request);
  }
  template <typename Request, typename Response = v1::Run, typename Method>
  Response OfRun(Method method, const std::string& run_id) {
    Request request;
    request.set_run_id(run_id);
    return Call<Response>(method, request);
  }
  v1::Run Get(const std::string& id) { return OfRun<v1::GetRunRequest>(&v1::JobService::Stub::GetRun, id); }
  v1::Run Cancel(const std::string& id) { return OfRun<v1::CancelRunRequest>(&v1::JobService::Stub::CancelRun, id); }
  v1::Run Resume(const std::string& id) { return OfRun<v1::ResumeRunRequest>(&v1::JobService::Stub::ResumeRun, id); }
  v1::RetryTaskResponse Retry(const std::string& id, const std::string& task_id = "") {
    v1::RetryTaskRequest request;
    request.set_run_id(id);
    request.set_task_id(task_id);
    return Call<v1::RetryTaskResponse>(&v1::JobService::Stub::RetryTask, request);
  }
  void Step() { ASSERT_THAT(dispatcher_.Step(), IsOk()); }
  std::vector<std::string> RunsInStore() {
    std::vector<std::string> ids;
    const RunRegistry::Listing listing = registry_.List().value();
    for (const RunView& run : listing.runs) ids.push_back(run.record->run_id);
    return ids;
  }

  SchedulerProcess process_{*queue_, *store_, MadeTime()};
  grpc::Status status_;
};

}  // namespace fringewatch::scheduler
