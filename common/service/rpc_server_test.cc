#include "common/service/rpc_server.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "common/service/test_job_service.h"
#include "tests/support/certificates.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch::service {
namespace {

using testing::HasSubstr;

/// One message to a method and its one answer, by hand: Debian's gRPC has no stubs of its own services.
grpc::Status Ask(const std::string& address, const std::string& method, const std::string& request,
                 std::string& answer) {
  const grpc::Slice slice(request);
  grpc::GenericStub stub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::CompletionQueue queue;
  const auto context = ContextWith();
  const auto call = stub.PrepareUnaryCall(context.get(), method, grpc::ByteBuffer(&slice, 1), &queue);
  call->StartCall();
  grpc::ByteBuffer bytes;
  grpc::Status status;
  call->Finish(&bytes, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  grpc::Slice whole;
  if (status.ok() && bytes.DumpToSingleSlice(&whole).ok()) answer.assign(whole.begin(), whole.end());
  return status;
}

/// "SERVING", "NOT_SERVING", "unknown", or what went wrong.
std::string Health(const std::string& address, const std::string& service) {
  // HealthCheckRequest{1: service}; HealthCheckResponse{1: status}, 1 = SERVING, 2 = NOT_SERVING.
  std::string request;
  if (!service.empty()) request = std::string("\x0a") + static_cast<char>(service.size()) + service;
  std::string answer;
  const grpc::Status status = Ask(address, "/grpc.health.v1.Health/Check", request, answer);
  if (status.error_code() == grpc::StatusCode::NOT_FOUND) return "unknown";
  if (!status.ok()) return status.error_message();
  if (answer.size() != 2) return "strange";
  return answer[1] == 1 ? "SERVING" : "NOT_SERVING";
}

class RpcServerTest : public testing::Test {
 protected:
  StatusOr<std::unique_ptr<RpcServer>> Start(ServerSettings settings = {}) {
    settings.drain_grace_s = 5;
    return RpcServer::Start(settings, {&service_});
  }
  ServerSettings Tls(const std::string& name) const {
    return {.tls_certificate = authority_.CertificateOf(name), .tls_key = authority_.KeyOf(name)};
  }
  [[nodiscard]] std::shared_ptr<grpc::ChannelCredentials> Trusting(const Authority& authority,
                                                                   const std::string& as = "") const {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = TextOfFile(authority.certificate());
    if (!as.empty()) {
      options.pem_cert_chain = TextOfFile(authority.CertificateOf(as));
      options.pem_private_key = TextOfFile(authority.KeyOf(as));
    }
    return grpc::SslCredentials(options);
  }

  TemporaryFolder folder_;
  Authority authority_{folder_, "authority"};
  Metrics metrics_{"test"};
  std::unique_ptr<Access> access_ = OpenToEverybody();
  std::unique_ptr<RpcGate> gate_ = RpcGate::Open({.service = "JobService"}, *access_, metrics_).value();
  TinyJobService service_{*gate_};
};

TEST_F(RpcServerTest, HealthKnowsTheServerAndEachService) {
  const auto server = Start();
  ASSERT_THAT(server, IsOk());
  EXPECT_EQ(Health((*server)->address(), ""), "SERVING");
  EXPECT_EQ(Health((*server)->address(), "fringewatch.v1.JobService"), "SERVING");
  EXPECT_EQ(Health((*server)->address(), "fringewatch.v1.NoService"), "unknown");
  (*server)->SetServing("fringewatch.v1.JobService", false);
  EXPECT_EQ(Health((*server)->address(), "fringewatch.v1.JobService"), "NOT_SERVING");
  EXPECT_EQ(Health((*server)->address(), ""), "SERVING");
  (*server)->SetServing("", true);
  EXPECT_EQ(Health((*server)->address(), "fringewatch.v1.JobService"), "SERVING");
}

TEST_F(RpcServerTest, AWorkerHasHealthAndNoServiceOfItsOwn) {
  const auto server = RpcServer::Start({}, {});
  ASSERT_THAT(server, IsOk());
  EXPECT_EQ(Health((*server)->address(), ""), "SERVING");
}

TEST_F(RpcServerTest, ReflectionAnswersOnlyWhereItIsSwitchedOn) {
  constexpr const char* kMethod = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  const std::string list_services("\x3a\x00", 2);  // ServerReflectionRequest{7: ""}
  const auto silent = Start();
  ASSERT_THAT(silent, IsOk());
  std::string answer;
  EXPECT_EQ(Ask((*silent)->address(), kMethod, list_services, answer).error_code(), grpc::StatusCode::UNIMPLEMENTED);
  TinyJobService other(*gate_);
  const auto open = RpcServer::Start({.reflection = true}, {&other});
  ASSERT_THAT(open, IsOk());
  EXPECT_TRUE(Ask((*open)->address(), kMethod, list_services, answer).ok());
  EXPECT_THAT(answer, HasSubstr("fringewatch.v1.JobService"));
}

TEST_F(RpcServerTest, HealthTurnsBeforeCallsAreRefused) {
  const auto server = Start({.drain_delay_s = 2});
  ASSERT_THAT(server, IsOk());
  const std::string address = (*server)->address();
  const auto stub = StubOf(address);
  ASSERT_TRUE(GetRun(*stub).ok());
  const auto start = std::chrono::steady_clock::now();
  auto drained = std::async(std::launch::async, [&server] { (*server)->Drain(); });
  const auto give_up = start + std::chrono::seconds(20);
  while (Health(address, "fringewatch.v1.JobService") == "SERVING" && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::yield();
  }
  EXPECT_EQ(Health(address, ""), "NOT_SERVING");
  const grpc::Status meanwhile = GetRun(*stub);
  // On a machine so slow that the delay has passed by now, nothing can be said.
  if (std::chrono::steady_clock::now() - start < std::chrono::seconds(2)) {
    EXPECT_TRUE(meanwhile.ok()) << meanwhile.error_message();
  }
  drained.get();
  EXPECT_EQ(GetRun(*stub).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(RpcServerTest, OpenCallsFinishWhileTheServerDrains) {
  const auto server = Start({.drain_delay_s = 0});
  ASSERT_THAT(server, IsOk());
  std::promise<void> entered;
  std::promise<void> finish;
  service_.Answer([&](Call&) {
    entered.set_value();
    finish.get_future().wait();
    return Status();
  });
  const auto stub = StubOf((*server)->address());
  auto answer = std::async(std::launch::async, [&stub] { return GetRun(*stub); });
  entered.get_future().wait();
  auto drained = std::async(std::launch::async, [&server] { (*server)->Drain(); });
  EXPECT_EQ(drained.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  finish.set_value();
  EXPECT_TRUE(answer.get().ok());
  drained.get();
}

TEST_F(RpcServerTest, APortThatIsTakenIsAnError) {
  const auto first = Start();
  ASSERT_THAT(first, IsOk());
  TinyJobService other(*gate_);
  const auto second = RpcServer::Start({.listen = fmt::format("127.0.0.1:{}", (*first)->port())}, {&other});
  EXPECT_THAT(second, IsFault(Fault::kServiceAway));
  EXPECT_THAT(MessageOf(second.status()), HasSubstr(std::to_string((*first)->port())));
}

TEST_F(RpcServerTest, TlsServesWhoTrustsTheAuthorityAndNobodyElse) {
  authority_.Sign("server");
  const auto server = Start(Tls("server"));
  ASSERT_THAT(server, IsOk());
  EXPECT_TRUE(GetRun(*StubOf((*server)->address(), Trusting(authority_))).ok());
  EXPECT_EQ(GetRun(*StubOf((*server)->address())).error_code(), grpc::StatusCode::UNAVAILABLE);
  const Authority stranger(folder_, "stranger");
  EXPECT_EQ(GetRun(*StubOf((*server)->address(), Trusting(stranger))).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(RpcServerTest, AnExpiredCertificateIsRefusedByClients) {
  authority_.Sign("expired", -1);
  const auto server = Start(Tls("expired"));
  ASSERT_THAT(server, IsOk());
  EXPECT_EQ(GetRun(*StubOf((*server)->address(), Trusting(authority_))).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(RpcServerTest, MutualTlsAsksClientsForACertificate) {
  authority_.Sign("server");
  authority_.Sign("client");
  authority_.Sign("expired", -1);
  ServerSettings settings = Tls("server");
  settings.tls_client_ca = authority_.certificate();
  const auto server = Start(settings);
  ASSERT_THAT(server, IsOk());
  EXPECT_TRUE(GetRun(*StubOf((*server)->address(), Trusting(authority_, "client"))).ok());
  EXPECT_EQ(GetRun(*StubOf((*server)->address(), Trusting(authority_))).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(GetRun(*StubOf((*server)->address(), Trusting(authority_, "expired"))).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(RpcServerTest, ANewCertificateIsServedWithoutARestart) {
  authority_.Sign("server");
  const auto server = Start(Tls("server"));
  ASSERT_THAT(server, IsOk());
  const Authority next(folder_, "next");
  EXPECT_FALSE(GetRun(*StubOf((*server)->address(), Trusting(next))).ok());
  next.Sign("renewed");
  std::filesystem::rename(next.KeyOf("renewed"), authority_.KeyOf("server"));
  std::filesystem::rename(next.CertificateOf("renewed"), authority_.CertificateOf("server"));
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  bool renewed = false;
  while (!renewed && std::chrono::steady_clock::now() < give_up) {
    renewed = GetRun(*StubOf((*server)->address(), Trusting(next))).ok();
    if (!renewed) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_TRUE(renewed);
}

TEST_F(RpcServerTest, CertificatesThatCannotWorkAreErrorsAtTheStart) {
  authority_.Sign("server");
  authority_.Sign("other");
  ServerSettings settings = Tls("server");
  settings.tls_key = authority_.KeyOf("other");
  EXPECT_THAT(Start(settings), IsFault(Fault::kBadOption));
  settings.tls_key = authority_.CertificateOf("server");
  EXPECT_THAT(Start(settings), IsFault(Fault::kBadOption));
  settings.tls_key = folder_ / "absent.key";
  const auto absent = Start(settings);
  EXPECT_THAT(absent, IsFault(Fault::kNotReadable));
  EXPECT_THAT(MessageOf(absent.status()), HasSubstr("absent.key"));
  EXPECT_THAT(Start({.tls_client_ca = authority_.certificate()}), IsFault(Fault::kBadOption));
}

}  // namespace
}  // namespace fringewatch::service
