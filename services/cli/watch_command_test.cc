#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "services/cli/test_client_line.h"
#include "services/cli/test_scripted_server.h"

namespace fringewatch::cli {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;

v1::RunProgress ProgressOf(v1::RunState state, int tiles, int patches) {
  v1::RunProgress progress;
  progress.mutable_run()->set_run_id("abc");
  progress.mutable_run()->set_state(state);
  progress.mutable_tiles()->set_total(4);
  progress.mutable_tiles()->set_done(tiles);
  progress.mutable_patches()->set_total(2);
  progress.mutable_patches()->set_done(patches);
  progress.set_sites(patches);
  return progress;
}

grpc::Status Away() { return {grpc::StatusCode::UNAVAILABLE, "draining"}; }

class WatchCommandTest : public ::testing::Test {
 protected:
  Said Watch(const std::string& options = "", const World& world = {}) {
    return Say("watch abc --server " + server_.address() + options, world);
  }
  /// Sends these messages, then ends as `status` says.
  void Serve(std::vector<v1::RunProgress> messages, const grpc::Status& status = grpc::Status()) {
    jobs_.watch = [messages = std::move(messages), status](grpc::ServerContext&, ScriptedJobs::Writer& writer) {
      for (const v1::RunProgress& message : messages) writer.Write(message);
      return status;
    };
  }
  ScriptedJobs jobs_;
  ScriptedServer server_{{&jobs_}};
};

TEST_F(WatchCommandTest, PlainLinesUntilTheEnd) {
  v1::RunProgress unwrapping = ProgressOf(v1::UNWRAPPING, 4, 1);
  unwrapping.mutable_eta()->set_seconds(75);
  Serve(
      {ProgressOf(v1::DETECTING, 1, 0), ProgressOf(v1::DETECTING, 1, 0), unwrapping, ProgressOf(v1::SUCCEEDED, 4, 2)});
  const Said said = Watch();
  EXPECT_EQ(said.code, ExitCode::kDone);
  EXPECT_EQ(said.out, "run abc: SUCCEEDED\n");
  EXPECT_EQ(said.err,
            "DETECTING: tiles 1/4, patches 0/2, 0 sites\n"
            "UNWRAPPING: tiles 4/4, patches 1/2, 1 sites, ETA 75 s\n"
            "SUCCEEDED: tiles 4/4, patches 2/2, 2 sites\n");
  EXPECT_EQ(jobs_.watched.at(0).run_id(), "abc");
}

TEST_F(WatchCommandTest, ABarOnATerminal) {
  Serve({ProgressOf(v1::DETECTING, 2, 0), ProgressOf(v1::SUCCEEDED, 4, 2)});
  const Said said = Watch("", {.terminal = true});
  EXPECT_THAT(said.err, AllOf(HasSubstr("\r\033[KDETECTING   [##########..........] tiles 2/4"),
                              HasSubstr("SUCCEEDED   [####################]")));
  EXPECT_EQ(std::count(said.err.begin(), said.err.end(), '\n'), 1);
  EXPECT_EQ(said.out, "run abc: SUCCEEDED\n");
  const Said narrow = Watch("", {.terminal = true, .columns = 41});
  EXPECT_EQ(narrow.err,
            "\r\033[KDETECTING   [##########..........] tiles"
            "\r\033[KSUCCEEDED   [####################] tiles\n");
}

TEST_F(WatchCommandTest, TheExitCodeIsThatOfTheRun) {
  v1::RunProgress partial = ProgressOf(v1::PARTIAL, 3, 2);
  partial.mutable_tiles()->set_failed(1);
  partial.mutable_run()->add_reasons("tile 3: FW-2001 raster truncated");
  Serve({partial});
  const Said said = Watch();
  EXPECT_EQ(said.code, ExitCode::kPartial);
  EXPECT_EQ(said.out, "run abc: PARTIAL\n  tile 3: FW-2001 raster truncated\n");
  EXPECT_THAT(said.err, HasSubstr("1 failed"));
  Serve({ProgressOf(v1::FAILED, 0, 0)});
  EXPECT_EQ(Watch().code, ExitCode::kBadInput);
  Serve({ProgressOf(v1::CANCELLED, 0, 0)});
  EXPECT_EQ(Watch().code, ExitCode::kPartial);
}

TEST_F(WatchCommandTest, JsonIsOneMessagePerLine) {
  Serve({ProgressOf(v1::DETECTING, 1, 0), ProgressOf(v1::SUCCEEDED, 4, 2)});
  const Said said = Watch(" --output json");
  std::istringstream lines(said.out);
  std::vector<std::string> states;
  for (std::string line; std::getline(lines, line);) {
    states.push_back(nlohmann::json::parse(line).at("run").at("state"));
  }
  EXPECT_THAT(states, ElementsAre("DETECTING", "SUCCEEDED"));
  EXPECT_EQ(said.err, "");
}

TEST_F(WatchCommandTest, AStreamThatBreaksIsOpenedAgain) {
  int calls = 0;
  jobs_.watch = [&calls](grpc::ServerContext&, ScriptedJobs::Writer& writer) {
    writer.Write(++calls == 1 ? ProgressOf(v1::DETECTING, 1, 0) : ProgressOf(v1::SUCCEEDED, 4, 2));
    return calls == 1 ? Away() : grpc::Status();
  };
  std::vector<milliseconds> pauses;
  const Said said = Watch("", {.pause = [&pauses](milliseconds pause) { pauses.push_back(pause); }});
  EXPECT_EQ(said.code, ExitCode::kDone);
  EXPECT_EQ(calls, 2);
  EXPECT_THAT(pauses, ElementsAre(milliseconds(500)));
  EXPECT_THAT(said.err, HasSubstr("trying again in 0.5 s"));
  EXPECT_EQ(said.out, "run abc: SUCCEEDED\n");
}

TEST_F(WatchCommandTest, AServerThatIsStartedAgainIsFoundAgain) {
  std::promise<void> sent;
  jobs_.watch = [&sent](grpc::ServerContext& context, ScriptedJobs::Writer& writer) {
    writer.Write(ProgressOf(v1::DETECTING, 1, 0));
    sent.set_value();
    while (!context.IsCancelled()) std::this_thread::yield();
    return grpc::Status();
  };
  auto first = std::make_unique<ScriptedServer>(std::vector<grpc::Service*>{&jobs_});
  const int port = first->port();
  std::thread killer([&sent, &first] {
    sent.get_future().wait();
    first.reset();
  });
  ScriptedJobs restarted;
  restarted.watch = [](grpc::ServerContext&, ScriptedJobs::Writer& writer) {
    writer.Write(ProgressOf(v1::SUCCEEDED, 4, 2));
    return grpc::Status();
  };
  std::unique_ptr<ScriptedServer> second;
  const auto restart = [&](milliseconds) {
    if (second != nullptr) return;
    killer.join();
    second = std::make_unique<ScriptedServer>(std::vector<grpc::Service*>{&restarted},
                                              grpc::InsecureServerCredentials(), port);
  };
  const Said said = Say("watch abc --server localhost:" + std::to_string(port), {.pause = restart});
  if (killer.joinable()) killer.join();
  EXPECT_EQ(said.code, ExitCode::kDone) << said.err;
  EXPECT_EQ(said.out, "run abc: SUCCEEDED\n");
}

TEST_F(WatchCommandTest, AServerThatDrainsEndsItsStreamWithoutAnError) {
  int calls = 0;
  jobs_.watch = [&calls](grpc::ServerContext&, ScriptedJobs::Writer& writer) {
    writer.Write(++calls == 1 ? ProgressOf(v1::DETECTING, 1, 0) : ProgressOf(v1::SUCCEEDED, 4, 2));
    return grpc::Status();
  };
  EXPECT_EQ(Watch().code, ExitCode::kDone);
  EXPECT_EQ(calls, 2);
}

TEST_F(WatchCommandTest, PausesGrowAndEndAfterFiveMinutes) {
  int calls = 0;
  jobs_.watch = [&calls](grpc::ServerContext&, ScriptedJobs::Writer& writer) {
    if (++calls == 1) writer.Write(ProgressOf(v1::DETECTING, 1, 0));
    return Away();
  };
  std::vector<milliseconds> pauses;
  const Said said = Watch("", {.pause = [&pauses](milliseconds pause) { pauses.push_back(pause); }});
  EXPECT_EQ(said.code, ExitCode::kUnavailable);
  EXPECT_THAT(said.err, AllOf(HasSubstr("for 5 minutes"), HasSubstr("fringewatch watch abc")));
  milliseconds waited{0};
  for (const milliseconds pause : pauses) waited += pause;
  EXPECT_GE(waited, std::chrono::minutes(5));
  EXPECT_LT(waited, std::chrono::minutes(6));
  EXPECT_THAT(pauses, Each(Le(milliseconds(10000))));
}

TEST_F(WatchCommandTest, TheFirstFailureIsFinal) {
  int pauses = 0;
  const World world{.pause = [&pauses](milliseconds) { ++pauses; }};
  Serve({}, Away());
  EXPECT_EQ(Watch("", world).code, ExitCode::kUnavailable);
  Serve({}, grpc::Status(grpc::StatusCode::NOT_FOUND, "FW-1014 unknown name: no run abc"));
  EXPECT_EQ(Watch("", world).code, ExitCode::kBadInput);
  // So is one that another attempt would not mend.
  Serve({ProgressOf(v1::DETECTING, 1, 0)}, grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "FW-4002 expired"));
  EXPECT_EQ(Watch("", world).code, ExitCode::kBadInput);
  EXPECT_EQ(pauses, 0);
}

TEST_F(WatchCommandTest, AnInterruptLeavesTheRunGoing) {
  std::mutex lock;
  std::condition_variable changed;
  bool gone = false;
  std::atomic<bool> sent = false;
  jobs_.watch = [&](grpc::ServerContext& context, ScriptedJobs::Writer& writer) {
    writer.Write(ProgressOf(v1::DETECTING, 1, 0));
    sent = true;
    std::unique_lock hold(lock);
    changed.wait_for(hold, std::chrono::seconds(20), [&] { return gone || context.IsCancelled(); });
    return grpc::Status::CANCELLED;
  };
  const Said said = Watch("", {.interrupted = [&sent] { return sent.load(); }});
  {
    const std::lock_guard hold(lock);
    gone = true;
  }
  changed.notify_all();
  EXPECT_EQ(said.code, ExitCode::kPartial);
  EXPECT_THAT(said.err, AllOf(HasSubstr("the run goes on"), HasSubstr("fringewatch watch abc"),
                              HasSubstr("fringewatch cancel abc")));
  EXPECT_THAT(said.out, Not(HasSubstr("abc")));
}

TEST_F(WatchCommandTest, SubmitAndResumeFollowTheRun) {
  jobs_.SubmitTrack_script.answer = [](const v1::SubmitTrackRequest&, v1::SubmitTrackResponse& answer) {
    *answer.mutable_run() = ProgressOf(v1::QUEUED, 0, 0).run();
    return grpc::Status();
  };
  jobs_.ResumeRun_script.answer = [](const v1::ResumeRunRequest&, v1::Run& run) {
    run = ProgressOf(v1::QUEUED, 0, 0).run();
    return grpc::Status();
  };
  // The server went away between the answer and the stream: the run is known, so it is tried again.
  for (const std::string& line : {std::string("submit --source /d"), std::string("resume abc")}) {
    int calls = 0;
    jobs_.watch = [&calls](grpc::ServerContext&, ScriptedJobs::Writer& writer) {
      if (++calls == 1) return Away();
      writer.Write(ProgressOf(v1::PARTIAL, 3, 2));
      return grpc::Status();
    };
    const Said said = Say(line + " --watch --server " + server_.address());
    EXPECT_EQ(said.code, ExitCode::kPartial) << line << said.err;
    EXPECT_THAT(said.out, AllOf(HasSubstr("run abc: QUEUED\n"), HasSubstr("run abc: PARTIAL\n"))) << line;
    EXPECT_EQ(calls, 2) << line;
  }
}

}  // namespace
}  // namespace fringewatch::cli
