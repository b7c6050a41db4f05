/// A gRPC server for tests of the client: answers as the test says, and remembers what it was asked.
#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fringewatch/v1/jobs.grpc.pb.h"
#include "fringewatch/v1/results.grpc.pb.h"

namespace fringewatch::cli {

/// One RPC: what to do, and the requests that came. One caller at a time.
template <typename Request, typename Answer>
struct Scripted {
  std::function<grpc::Status(const Request&, Answer&)> answer = [](const Request&, Answer&) { return grpc::Status(); };
  std::vector<Request> requests;

  grpc::Status operator()(const Request& request, Answer& response) {
    requests.push_back(request);
    return answer(request, response);
  }
};

/// What every call sends.
struct Headers {
  std::vector<std::string> authorization;
  void Note(const grpc::ServerContext& context) {
    const auto found = context.client_metadata().find("authorization");
    authorization.push_back(
        found == context.client_metadata().end() ? "" : std::string(found->second.data(), found->second.size()));
  }
};

#define FW_SCRIPTED(method, Request, Answer)                                                                   \
  Scripted<v1::Request, v1::Answer> method##_script;                                                           \
  grpc::Status method(grpc::ServerContext* context, const v1::Request* request, v1::Answer* answer) override { \
    headers.Note(*context);                                                                                    \
    return method##_script(*request, *answer);                                                                 \
  }

class ScriptedJobs final : public v1::JobService::Service {
 public:
  Headers headers;
  FW_SCRIPTED(SubmitTrack, SubmitTrackRequest, SubmitTrackResponse)
  FW_SCRIPTED(PlanTrack, PlanTrackRequest, PlanTrackResponse)
  FW_SCRIPTED(GetRun, GetRunRequest, Run)
  FW_SCRIPTED(ListRuns, ListRunsRequest, ListRunsResponse)
  FW_SCRIPTED(CancelRun, CancelRunRequest, Run)
  FW_SCRIPTED(ResumeRun, ResumeRunRequest, Run)
  FW_SCRIPTED(ListDeadTasks, ListDeadTasksRequest, ListDeadTasksResponse)
  FW_SCRIPTED(RetryTask, RetryTaskRequest, RetryTaskResponse)

  using Writer = grpc::ServerWriter<v1::RunProgress>;
  std::function<grpc::Status(grpc::ServerContext&, Writer&)> watch;
  std::vector<v1::WatchRunRequest> watched;
  grpc::Status WatchRun(grpc::ServerContext* context, const v1::WatchRunRequest* request, Writer* writer) override {
    headers.Note(*context);
    watched.push_back(*request);
    return watch(*context, *writer);
  }
};

class ScriptedResults final : public v1::ResultService::Service {
 public:
  Headers headers;
  FW_SCRIPTED(ListSites, ListSitesRequest, ListSitesResponse)
  FW_SCRIPTED(GetSite, GetSiteRequest, Site)
  FW_SCRIPTED(GetSeries, GetSeriesRequest, Series)
  FW_SCRIPTED(GetProducts, GetProductsRequest, GetProductsResponse)
};

#undef FW_SCRIPTED

/// Serves on this machine until it is destroyed; port 0 = any that is free.
class ScriptedServer {
 public:
  explicit ScriptedServer(
      const std::vector<grpc::Service*>& services,
      const std::shared_ptr<grpc::ServerCredentials>& credentials = grpc::InsecureServerCredentials(), int port = 0) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("localhost:" + std::to_string(port), credentials, &port_);
    for (grpc::Service* service : services) builder.RegisterService(service);
    server_ = builder.BuildAndStart();
    EXPECT_NE(server_, nullptr);
  }
  ~ScriptedServer() { server_->Shutdown(std::chrono::system_clock::now()); }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string address() const { return "localhost:" + std::to_string(port_); }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace fringewatch::cli
