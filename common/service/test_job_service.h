/// A tiny JobService behind a gate, and clients of it.
#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "common/service/rpc_gate.h"
#include "fringewatch/v1/jobs.grpc.pb.h"

namespace fringewatch::service {

/// GetRun needs a viewer, CancelRun an operator, WatchRun sends one message and then waits for the client to leave.
class TinyJobService final : public v1::JobService::Service {
 public:
  explicit TinyJobService(RpcGate& gate) : gate_(gate) {}

  /// What GetRun does from now on.
  void Answer(std::function<Status(Call&)> get_run) {
    const std::scoped_lock lock(mutex_);
    get_run_ = std::move(get_run);
  }

  grpc::Status GetRun(grpc::ServerContext* context, const v1::GetRunRequest* request, v1::Run* run) override {
    return gate_.Unary(*context, "GetRun", Role::kViewer, [&](Call& call) {
      run->set_run_id(request->run_id());
      run->set_submitted_by(call.caller.name);
      return Answer()(call);
    });
  }
  grpc::Status CancelRun(grpc::ServerContext* context, const v1::CancelRunRequest* request, v1::Run*) override {
    return gate_.Unary(*context, "CancelRun", Role::kOperator, [&](Call& call) {
      call.request_line = "run_id=" + request->run_id();
      return Status();
    });
  }
  grpc::Status WatchRun(grpc::ServerContext* context, const v1::WatchRunRequest*,
                        grpc::ServerWriter<v1::RunProgress>* writer) override {
    return gate_.Stream(*context, "WatchRun", Role::kViewer, [&](Call& call) {
      writer->Write(v1::RunProgress());
      while (!call.context.IsCancelled() && !hang_up.load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return Status();
    });
  }

  std::atomic<bool> hang_up = false;

 private:
  std::function<Status(Call&)> Answer() {
    const std::scoped_lock lock(mutex_);
    return get_run_;
  }

  RpcGate& gate_;
  std::mutex mutex_;
  std::function<Status(Call&)> get_run_ = [](Call&) { return Status(); };
};

/// A context with a deadline, and a token when there is one.
inline std::unique_ptr<grpc::ClientContext> ContextWith(const std::string& token = "") {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  if (!token.empty()) context->AddMetadata("authorization", "Bearer " + token);
  return context;
}

inline grpc::Status GetRun(v1::JobService::Stub& stub, const std::string& token = "", v1::Run* answer = nullptr) {
  v1::GetRunRequest request;
  request.set_run_id("r");
  v1::Run run;
  const grpc::Status status = stub.GetRun(ContextWith(token).get(), request, &run);
  if (answer != nullptr) *answer = run;
  return status;
}

inline std::unique_ptr<v1::JobService::Stub> StubOf(
    const std::string& address,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials = grpc::InsecureChannelCredentials()) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // no connection is shared between tests
  return v1::JobService::NewStub(grpc::CreateCustomChannel(address, credentials, arguments));
}

}  // namespace fringewatch::service
