#include <gmock/gmock.h>

#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <mutex>

#include "common/wire/rpc_status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "services/cli/test_client_line.h"
#include "services/cli/test_scripted_server.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Written(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
  return path;
}

std::string Text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ConnectionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"SERVER", "RESULTS", "TOKEN_FILE", "CA", "CERT", "KEY"}) {
      ::unsetenv((std::string("FRINGEWATCH_") + name).c_str());
    }
  }
  TemporaryFolder folder_;
};

TEST_F(ConnectionTest, WithoutAServerItSaysSoAndGuessesNothing) {
  for (const char* line : {"runs", "runs r1", "watch r1", "cancel r1", "resume r1", "dead", "retry r1",
                           "submit --source /data", "plan --source /data"}) {
    const Said said = Say(line);
    EXPECT_EQ(said.code, ExitCode::kUsage) << line;
    EXPECT_THAT(said.err, AllOf(HasSubstr("no server is named"), HasSubstr("FRINGEWATCH_SERVER"))) << line;
    EXPECT_EQ(said.out, "") << line;
  }
  for (const char* line : {"sites", "series s1", "products r1"}) {
    const Said said = Say(line);
    EXPECT_EQ(said.code, ExitCode::kUsage) << line;
    EXPECT_THAT(said.err, HasSubstr("--results HOST:PORT")) << line;
  }
}

TEST_F(ConnectionTest, NothingGoesInClearToAnotherMachineByAccident) {
  const std::string token = Written(folder_ / "token", "secret");
  const auto refused = [](const std::string& line) {
    const Said said = Say(line);
    EXPECT_EQ(said.code, ExitCode::kUsage) << line << said.err;
    return said.err;
  };
  EXPECT_THAT(refused("runs --server far.example:7000"), HasSubstr("not be encrypted"));
  EXPECT_THAT(refused("runs --server http://far.example:7000"), HasSubstr("not be encrypted"));
  EXPECT_THAT(refused("runs --server 127.0.0.1.far.example:7000"), HasSubstr("not be encrypted"));
  // A token never, whatever was asked for.
  EXPECT_THAT(refused("runs --server far.example:7000 --token-file " + token), HasSubstr("in clear"));
  EXPECT_THAT(refused("runs --server far.example:7000 --plaintext --token-file " + token), HasSubstr("in clear"));
  EXPECT_THAT(refused("runs --server https://far.example:7000 --plaintext"), HasSubstr("contradicts"));
  EXPECT_THAT(refused("runs --server localhost"), HasSubstr("no address"));
  EXPECT_THAT(refused("runs --server localhost:http"), HasSubstr("no address"));
  EXPECT_THAT(refused("runs --server localhost:1 --tls --cert c.pem"), HasSubstr("belong together"));
}

TEST_F(ConnectionTest, AddressAndTokenComeFromOptionOrEnvironment) {
  ScriptedJobs jobs;
  const ScriptedServer server({&jobs});
  ::setenv("FRINGEWATCH_SERVER", server.address().c_str(), 1);
  EXPECT_EQ(Say("runs").code, ExitCode::kDone);
  const std::string token = Written(folder_ / "token", "  s3cret-token\n");
  EXPECT_EQ(Say("runs --token-file " + token).code, ExitCode::kDone);
  ::setenv("FRINGEWATCH_TOKEN_FILE", token.c_str(), 1);
  jobs.watch = [](grpc::ServerContext&, ScriptedJobs::Writer& writer) {
    v1::RunProgress progress;
    progress.mutable_run()->set_state(v1::SUCCEEDED);
    writer.Write(progress);
    return grpc::Status();
  };
  EXPECT_EQ(Say("watch r1").code, ExitCode::kDone);
  EXPECT_THAT(jobs.headers.authorization, ElementsAre("", "Bearer s3cret-token", "Bearer s3cret-token"));
}

TEST_F(ConnectionTest, ATokenThatCannotBeSentIsRefusedBeforeTheCall) {
  ScriptedJobs jobs;
  const ScriptedServer server({&jobs});
  const std::string line = "runs --server " + server.address() + " --token-file ";
  for (const char* text : {"two words", " \n", "line\nline", "gr\xC3\xBC\xC3\x9F"}) {
    const Said said = Say(line + Written(folder_ / "token", text));
    EXPECT_EQ(said.code, ExitCode::kBadInput) << text;
    EXPECT_THAT(said.err, HasSubstr("holds no token")) << text;
    EXPECT_THAT(said.err, Not(HasSubstr("words"))) << "a token is never printed";
  }
  EXPECT_THAT(Say(line + (folder_ / "missing")).err, HasSubstr("not readable"));
  EXPECT_TRUE(jobs.headers.authorization.empty());
}

TEST_F(ConnectionTest, AServerThatIsAwayIsUnavailable) {
  std::string address;
  {
    ScriptedJobs jobs;
    address = ScriptedServer({&jobs}).address();
  }
  const Said said = Say("runs --server " + address);
  EXPECT_EQ(said.code, ExitCode::kUnavailable);
  EXPECT_THAT(said.err, AllOf(HasSubstr("FW-3007"), HasSubstr(address), HasSubstr("cannot be reached")));
}

TEST_F(ConnectionTest, CallsThatMayBeRepeatedAre) {
  ScriptedJobs jobs;
  const ScriptedServer server({&jobs});
  jobs.GetRun_script.answer = [&jobs](const v1::GetRunRequest&, v1::Run& run) {
    run.set_run_id("r1");
    return jobs.GetRun_script.requests.size() < 3 ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "draining")
                                                  : grpc::Status();
  };
  EXPECT_EQ(Say("runs r1 --server " + server.address()).code, ExitCode::kDone);
  EXPECT_EQ(jobs.GetRun_script.requests.size(), 3U);
  // Cancelling twice would answer that the run has ended: the client leaves that to the operator.
  jobs.CancelRun_script.answer = [](const v1::CancelRunRequest&, v1::Run&) {
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "FW-3008 draining: try again");
  };
  const Said said = Say("cancel r1 --server " + server.address());
  EXPECT_EQ(said.code, ExitCode::kUnavailable);
  EXPECT_THAT(said.err, HasSubstr("FW-3008 draining"));
  EXPECT_EQ(jobs.CancelRun_script.requests.size(), 1U);
}

TEST_F(ConnectionTest, EveryKindOfErrorHasItsExitCodeAndRemedy) {
  struct Case {
    grpc::StatusCode code;
    const char* message;
    ExitCode exit;
    const char* said;
  };
  const Case cases[] = {
      {grpc::StatusCode::UNAUTHENTICATED, "FW-4002 not authenticated: token expired", ExitCode::kBadInput, "expired"},
      {grpc::StatusCode::UNAUTHENTICATED, "who are you", ExitCode::kBadInput, "--token-file"},
      {grpc::StatusCode::PERMISSION_DENIED, "viewers may not", ExitCode::kBadInput, "another role"},
      {grpc::StatusCode::NOT_FOUND, "FW-1014 unknown name: no run r1", ExitCode::kBadInput, "no run r1"},
      {grpc::StatusCode::FAILED_PRECONDITION, "FW-1016 wrong state: ended", ExitCode::kBadInput, "ended"},
      {grpc::StatusCode::RESOURCE_EXHAUSTED, "FW-4001 quota: full", ExitCode::kUnavailable, "full"},
      {grpc::StatusCode::INTERNAL, "FW-3005 internal error: 7f3a", ExitCode::kUnavailable, "7f3a"},
      {grpc::StatusCode::INTERNAL, "a\x1b[31mtrap", ExitCode::kUnavailable, "a?[31mtrap"},
  };
  ScriptedJobs jobs;
  const ScriptedServer server({&jobs});
  for (const Case& wanted : cases) {
    jobs.GetRun_script.answer = [&wanted](const v1::GetRunRequest&, v1::Run&) {
      return grpc::Status(wanted.code, wanted.message);
    };
    const Said said = Say("runs r1 --output json --server " + server.address());
    EXPECT_EQ(said.code, wanted.exit) << wanted.message;
    EXPECT_THAT(said.err, AllOf(HasSubstr("error: "), HasSubstr(wanted.said)));
    EXPECT_EQ(said.out, "");
  }
}

TEST_F(ConnectionTest, WhatOnlyTheDetailsSayIsSaidToo) {
  ScriptedJobs jobs;
  const ScriptedServer server({&jobs});
  google::rpc::BadRequest bad;
  auto* violation = bad.add_field_violations();
  violation->set_field("policy.tile_px");
  violation->set_description("7 is not 64 to 8192");
  google::rpc::Status full;
  full.add_details()->PackFrom(bad);
  jobs.GetRun_script.answer = [&full](const v1::GetRunRequest&, v1::Run&) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "FW-1010 bad option: the request is wrong",
                        full.SerializeAsString());
  };
  const Said said = Say("runs r1 --server " + server.address());
  EXPECT_EQ(said.err, "error: FW-1010 bad option: the request is wrong\n  policy.tile_px: 7 is not 64 to 8192\n");
  // What the message has already is not repeated.
  jobs.GetRun_script.answer = [](const v1::GetRunRequest&, v1::Run&) {
    Problems problems;
    problems.Add(Fault::kStackEmpty, "no pair");
    problems.Add(Fault::kWavelengthMissing, "no wavelength");
    return wire::ToRpcStatus(problems.ToStatus("/data"));
  };
  EXPECT_EQ(Say("runs r1 --server " + server.address()).err,
            "error: /data: 2 problems\n  FW-1006 stack empty: no pair\n  FW-1003 wavelength missing: no wavelength\n");
  jobs.GetRun_script.answer = [](const v1::GetRunRequest&, v1::Run&) {
    return wire::ToRpcStatus(Error(Fault::kBadOption, "run_id: is empty"));
  };
  EXPECT_EQ(Say("runs r1 --server " + server.address()).err, "error: FW-1010 bad option: run_id: is empty\n");
}

TEST_F(ConnectionTest, AServerThatDoesNotAnswerRunsIntoTheTimeout) {
  ScriptedJobs jobs;
  std::mutex lock;
  std::condition_variable changed;
  bool done = false;
  jobs.GetRun_script.answer = [&](const v1::GetRunRequest&, v1::Run&) {
    std::unique_lock hold(lock);
    changed.wait(hold, [&done] { return done; });
    return grpc::Status();
  };
  const ScriptedServer server({&jobs});
  Said said = Say("runs r1 --timeout 0.2 --server " + server.address());
  EXPECT_EQ(said.code, ExitCode::kUnavailable);
  EXPECT_THAT(said.err, AllOf(HasSubstr("within 0.2 s"), HasSubstr("--timeout")));
  said = Say("runs r1 --server " + server.address(), {.interrupted = [] { return true; }});
  EXPECT_EQ(said.code, ExitCode::kPartial);
  EXPECT_THAT(said.err, HasSubstr("FW-3004"));
  {
    const std::lock_guard hold(lock);
    done = true;
  }
  changed.notify_all();
}

TEST_F(ConnectionTest, TheResultsServiceMayLiveElsewhere) {
  ScriptedJobs jobs;
  ScriptedResults results;
  const ScriptedServer scheduler({&jobs});
  const ScriptedServer other({&results});
  Said said = Say("sites --server " + scheduler.address());
  EXPECT_EQ(said.code, ExitCode::kBadInput);
  EXPECT_THAT(said.err, HasSubstr("--results the results service"));
  said = Say("sites --server " + scheduler.address() + " --results " + other.address());
  EXPECT_EQ(said.code, ExitCode::kDone) << said.err;
  EXPECT_EQ(said.out, "no sites\n");
}

/// A certificate for localhost, signed by itself.
void MakeCertificate(const std::string& key, const std::string& certificate) {
  const std::string command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 " +
                              std::string("-subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout ") + key +
                              " -out " + certificate + " 2>/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
}

TEST_F(ConnectionTest, TlsTrustsOnlyTheAuthorityAndShowsItsOwnCertificate) {
  const std::string key = folder_ / "key.pem", certificate = folder_ / "certificate.pem";
  const std::string other_key = folder_ / "other_key.pem", other = folder_ / "other.pem";
  MakeCertificate(key, certificate);
  MakeCertificate(other_key, other);
  grpc::SslServerCredentialsOptions ssl(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  ssl.pem_root_certs = Text(certificate);
  ssl.pem_key_cert_pairs = {{Text(key), Text(certificate)}};
  ScriptedJobs jobs;
  const ScriptedServer server({&jobs}, grpc::SslServerCredentials(ssl));
  const std::string token = Written(folder_ / "token", "secret");
  const std::string line = "runs --token-file " + token + " --server ";
  const std::string ours = " --cert " + certificate + " --key " + key;

  const Said said = Say(line + "https://" + server.address() + " --ca " + certificate + ours);
  EXPECT_EQ(said.code, ExitCode::kDone) << said.err;
  EXPECT_THAT(jobs.headers.authorization, ElementsAre("Bearer secret"));
  for (const std::string& wrong : {" --ca " + other + ours, " --ca " + certificate, std::string()}) {
    EXPECT_EQ(Say(line + server.address() + wrong).code, ExitCode::kUnavailable) << wrong;
  }
  EXPECT_THAT(Say(line + server.address()).err, HasSubstr("--tls, --ca"));
  EXPECT_EQ(Say(line + server.address() + " --ca " + (folder_ / "missing")).code, ExitCode::kBadInput);
  EXPECT_EQ(jobs.headers.authorization.size(), 1U);
}

}  // namespace
}  // namespace fringewatch::cli
