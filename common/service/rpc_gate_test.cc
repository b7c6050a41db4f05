#include "common/service/rpc_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <fstream>
#include <future>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "common/base/hash.h"
#include "common/service/rpc_server.h"
#include "common/service/shutdown.h"
#include "common/service/test_job_service.h"
#include "common/wire/rpc_status.h"
#include "tests/support/certificates.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch::service {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class RpcGateTest : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(folder_ / "tokens") << Sha256("v") << " viewer vera\n" << Sha256("o") << " operator otto\n";
    access_ = OpenTokenFile(folder_ / "tokens").value();
    gate_ =
        RpcGate::Open({.service = "JobService", .audit_path = folder_ / "audit", .max_streams = 2}, *access_, metrics_)
            .value();
    service_ = std::make_unique<TinyJobService>(*gate_);
    server_ = RpcServer::Start({.drain_delay_s = 0, .drain_grace_s = 0}, {service_.get()}).value();
    stub_ = StubOf(server_->address());
  }
  ~RpcGateTest() override { ForgetDraining(); }

  [[nodiscard]] grpc::Status Cancel(const std::string& token) const {
    v1::CancelRunRequest request;
    request.set_run_id("a\nb");
    v1::Run run;
    return stub_->CancelRun(ContextWith(token).get(), request, &run);
  }
  [[nodiscard]] std::string MetricsText() const {
    return prometheus::TextSerializer().Serialize(metrics_.registry()->Collect());
  }

  TemporaryFolder folder_;
  std::unique_ptr<Access> access_;
  Metrics metrics_{"scheduler"};
  std::unique_ptr<RpcGate> gate_;
  std::unique_ptr<TinyJobService> service_;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<v1::JobService::Stub> stub_;
};

TEST_F(RpcGateTest, OnlyWhoMayGetsThrough) {
  EXPECT_EQ(GetRun(*stub_).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(GetRun(*stub_, "x").error_code(), grpc::StatusCode::UNAUTHENTICATED);
  v1::Run run;
  EXPECT_TRUE(GetRun(*stub_, "v", &run).ok());
  EXPECT_EQ(run.submitted_by(), "vera");
  EXPECT_EQ(Cancel("v").error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_TRUE(Cancel("o").ok());
  const auto twice = ContextWith("v");
  twice->AddMetadata("authorization", "Bearer o");
  EXPECT_EQ(stub_->GetRun(twice.get(), {}, &run).error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(RpcGateTest, TokensChangeWhileTheServerRuns) {
  std::ofstream(folder_ / "tokens") << Sha256("new") << " viewer nina\n";
  EXPECT_EQ(GetRun(*stub_, "v").error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(GetRun(*stub_, "new").ok());
  std::ofstream(folder_ / "tokens") << "rubbish of another size\n";
  EXPECT_TRUE(GetRun(*stub_, "new").ok());
}

TEST_F(RpcGateTest, EveryCallAboveViewerIsAuditedOnOneLine) {
  EXPECT_TRUE(GetRun(*stub_, "v").ok());
  EXPECT_FALSE(Cancel("v").ok());
  EXPECT_TRUE(Cancel("o").ok());
  std::istringstream audit(TextOfFile(folder_ / "audit"));
  std::vector<nlohmann::json> entries;
  for (std::string line; std::getline(audit, line);) entries.push_back(nlohmann::json::parse(line));
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0]["code"], "PERMISSION_DENIED");
  EXPECT_EQ(entries[0]["caller"], "vera");
  EXPECT_EQ(entries[0]["role"], "viewer");
  EXPECT_EQ(entries[1]["code"], "OK");
  EXPECT_EQ(entries[1]["caller"], "otto");
  EXPECT_EQ(entries[1]["role"], "operator");
  EXPECT_EQ(entries[1]["method"], "JobService.CancelRun");
  EXPECT_EQ(entries[1]["request_line"], "run_id=a\nb");
  EXPECT_THAT(entries[1]["peer"].get<std::string>(), HasSubstr("ip"));
  EXPECT_THAT(entries[1]["time"].get<std::string>(), HasSubstr("T"));
}

TEST_F(RpcGateTest, AnAuditLogThatCannotBeWrittenIsAnError) {
  EXPECT_THAT(RpcGate::Open({.audit_path = folder_ / "no/such/folder"}, *access_, metrics_),
              IsFault(Fault::kNotWritable));
}

TEST_F(RpcGateTest, FailuresCarryTheirDetails) {
  service_->Answer([](Call&) { return Error(Fault::kWavelengthMissing, "x.tif"); });
  const grpc::Status status = GetRun(*stub_, "v");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(status.error_message(), MessageOf(Error(Fault::kWavelengthMissing, "x.tif")));
  EXPECT_EQ(wire::DetailsOf(status).reason, "FW-1003");
}

TEST_F(RpcGateTest, AListTooLongForTrailersArrivesShortened) {
  service_->Answer([](Call&) {
    Problems problems;
    for (int i = 0; i < 2000; ++i) problems.Add(Fault::kGridMismatch, fmt::format("/data/\u5730\u8d28/{}.tif", i));
    return problems.ToStatus("track");
  });
  const grpc::Status status = GetRun(*stub_, "v");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION) << status.error_message();
  EXPECT_THAT(status.error_message(), HasSubstr("2000 problems"));
  EXPECT_THAT(wire::DetailsOf(status).violations.front(), HasSubstr("\u5730\u8d28/0.tif"));
}

TEST_F(RpcGateTest, WhatIsWrongInsideStaysInsideUnderACorrelationId) {
  const std::vector<std::function<Status(Call&)>> bodies = {
      [](Call&) -> Status { throw std::runtime_error("secret detail"); },
      [](Call&) -> Status { throw 7; },
      [](Call&) { return Error(Fault::kInternal, "secret detail"); },
  };
  std::set<std::string> messages;
  for (const auto& body : bodies) {
    service_->Answer(body);
    testing::internal::CaptureStderr();
    const grpc::Status status = GetRun(*stub_, "v");
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
    EXPECT_THAT(status.error_message(), AllOf(HasSubstr("correlation id"), Not(HasSubstr("secret"))));
    EXPECT_THAT(log, HasSubstr(status.error_message().substr(status.error_message().size() - 16)));
    messages.insert(status.error_message());
  }
  EXPECT_EQ(messages.size(), bodies.size());
}

TEST_F(RpcGateTest, CallsAreCountedByMethodAndCode) {
  EXPECT_TRUE(GetRun(*stub_, "v").ok());
  EXPECT_FALSE(GetRun(*stub_).ok());
  EXPECT_THAT(MetricsText(),
              AllOf(HasSubstr("requests_total{code=\"OK\",method=\"GetRun\",service=\"JobService\"} 1\n"),
                    HasSubstr("requests_total{code=\"UNAUTHENTICATED\",method=\"GetRun\""),
                    HasSubstr("duration_seconds_count{method=\"GetRun\",service=\"JobService\"} 2\n"),
                    HasSubstr("fringewatch_rpc_in_flight{service=\"JobService\"} 0\n")));
}

TEST_F(RpcGateTest, MoreStreamsThanAllowedAreRefusedUntilOneEnds) {
  struct Watch {
    std::unique_ptr<grpc::ClientContext> context;
    std::unique_ptr<grpc::ClientReader<v1::RunProgress>> reader;
    bool started;
  };
  const auto open = [this] {
    Watch watch{ContextWith("v"), nullptr, false};
    watch.reader = stub_->WatchRun(watch.context.get(), {});
    v1::RunProgress progress;
    watch.started = watch.reader->Read(&progress);
    return watch;
  };
  Watch first = open();
  Watch second = open();
  ASSERT_TRUE(first.started && second.started);
  EXPECT_THAT(MetricsText(), HasSubstr("fringewatch_rpc_in_flight{service=\"JobService\"} 2\n"));
  Watch third = open();
  EXPECT_FALSE(third.started);
  const grpc::Status refused = third.reader->Finish();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(wire::DetailsOf(refused).reason, "FW-4001");
  EXPECT_GT(wire::DetailsOf(refused).retry_after.count(), 0);
  EXPECT_TRUE(GetRun(*stub_, "v").ok()) << "streams leave room for other calls";
  first.context->TryCancel();
  (void)first.reader->Finish();
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  Watch again = open();
  while (!again.started && std::chrono::steady_clock::now() < give_up) {
    (void)again.reader->Finish();
    again = open();
  }
  EXPECT_TRUE(again.started);
  service_->hang_up = true;
  EXPECT_TRUE(again.reader->Finish().ok());
  EXPECT_TRUE(second.reader->Finish().ok());
}

/// Takes its time over callers without a token.
class SlowToRefuse final : public Access {
 public:
  [[nodiscard]] StatusOr<Caller> Admit(const std::string& authorization, Role) const override {
    if (!authorization.empty()) return Caller{.name = "vera"};
    asked.set_value();
    refuse.get_future().wait();
    return Error(Fault::kNoToken, "no token");
  }
  mutable std::promise<void> asked, refuse;
};

TEST_F(RpcGateTest, WhoIsNotKnownYetHoldsNoStream) {
  const SlowToRefuse access;
  const auto gate = RpcGate::Open({.service = "JobService", .max_streams = 1}, access, metrics_).value();
  TinyJobService service(*gate);
  service.hang_up = true;
  const auto server = RpcServer::Start({.drain_delay_s = 0, .drain_grace_s = 0}, {&service}).value();
  const auto stub = StubOf(server->address());
  const auto stranger = ContextWith();
  const auto waiting = stub->WatchRun(stranger.get(), {});
  access.asked.get_future().wait();
  const auto known = ContextWith("v");
  const auto watch = stub->WatchRun(known.get(), {});
  v1::RunProgress progress;
  EXPECT_TRUE(watch->Read(&progress));
  access.refuse.set_value();
  EXPECT_TRUE(watch->Finish().ok());
  EXPECT_EQ(waiting->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(RpcGateTest, ADrainingProcessTakesNoNewStreams) {
  AskToDrain();
  const auto context = ContextWith("v");
  const auto reader = stub_->WatchRun(context.get(), {});
  v1::RunProgress progress;
  EXPECT_FALSE(reader->Read(&progress));
  const grpc::Status status = reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(wire::DetailsOf(status).reason, "FW-3008");
  EXPECT_TRUE(GetRun(*stub_, "v").ok()) << "other calls are served until the server refuses them";
}

TEST_F(RpcGateTest, ALargeMessageIsRefused) {
  v1::GetRunRequest request;
  request.set_run_id(std::string(5 << 20, 'x'));
  v1::Run run;
  const grpc::Status status = stub_->GetRun(ContextWith("v").get(), request, &run);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
}

}  // namespace
}  // namespace fringewatch::service
