/// What an operator asks of a cluster: the client, bad files, stopping, hurry, more workers.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "common/queue/queue.h"
#include "tests/integration/trial.h"

namespace fringewatch::integration {
namespace {

namespace fs = std::filesystem;

StatusOr<v1::Run> SubmitAndWait(Cluster& cluster, const v1::SubmitTrackRequest& request) {
  FW_ASSIGN_OR_RETURN(const v1::Run run, Submit(cluster, request, Within(120)));
  return AwaitEnd(cluster, run.run_id(), Within(120));
}

/// A queue of this process on the cluster's Redis: what is still known of a run.
std::unique_ptr<Queue> QueueOf(Cluster& cluster) {
  auto queue = OpenRedisQueue({}, {.address = cluster.redis().address()});
  EXPECT_TRUE(queue.ok()) << MessageOf(queue.status());
  return *std::move(queue);
}

bool HoldsNothing(const Queue& queue, const std::string& run_id) {
  const auto runs = queue.Runs();
  const auto lines = queue.Lines();
  if (!runs.ok() || !lines.ok()) return false;
  if (std::find(runs->begin(), runs->end(), run_id) != runs->end()) return false;
  return std::all_of(lines->begin(), lines->end(),
                     [](const LineState& line) { return line.queued == 0 && line.leased == 0; });
}

TEST(Operation, TheClientSubmitsWatchesAndListsProducts) {
  Cluster cluster;
  const auto address = [&](Kind kind) { return "localhost:" + std::to_string(cluster.service(kind).port()); };
  const std::map<std::string, std::string> servers{{"FRINGEWATCH_SERVER", address(Kind::kScheduler)},
                                                   {"FRINGEWATCH_RESULTS", address(Kind::kResults)}};
  const std::string client = ProgramFolder() + "/fringewatch";
  const auto submitted = RunProgram({client, "submit", "--source", TheFrame().source(), "--tile",
                                     std::to_string(kTilePx), "--halo", std::to_string(kHaloPx), "--watch"},
                                    cluster.folder() / "submit.log", 120, servers);
  ASSERT_TRUE(submitted.ok()) << MessageOf(submitted.status());
  EXPECT_EQ(submitted->exit_code, 0) << submitted->output << submitted->errors << cluster.Logs();
  EXPECT_NE((submitted->output + submitted->errors).find("SUCCEEDED"), std::string::npos) << submitted->output;

  v1::ListRunsResponse runs;
  ASSERT_TRUE(cluster.jobs().ListRuns(cluster.Call(Within(30)).get(), {}, &runs).ok());
  ASSERT_EQ(runs.runs_size(), 1);
  EXPECT_EQ(ProductsOf(cluster, runs.runs(0).run_id()), TheFrame().products());
  for (const std::string command : {"runs", "sites"}) {
    const auto listed = RunProgram({client, command, "--output", "json"}, cluster.folder() / "list.log", 60, servers);
    ASSERT_TRUE(listed.ok()) << MessageOf(listed.status());
    EXPECT_EQ(listed->exit_code, 0) << listed->errors;
    EXPECT_TRUE(nlohmann::json::accept(listed->output)) << listed->output;
  }
}

/// How a file of the stack is spoilt after the run was accepted.
struct Poison {
  std::string name;
  std::function<void(const std::string& path)> spoil;
};

/// The last block lies in the lower right corner of the frame.
void DamageLastBlock(const std::string& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-60000, std::ios::end);
  file << std::string(30000, '\xff');
}

class Poisoned : public testing::TestWithParam<Poison> {};

TEST_P(Poisoned, TasksEndInTheDeadLettersAndRetryCompletesTheRun) {
  TemporaryFolder work;
  const std::string source = work / "source";
  fs::copy(TheFrame().source(), source, fs::copy_options::recursive);
  // Accepted first, spoilt then: the detectors are not there yet.
  Cluster cluster({.processes = {{Kind::kScheduler, 1}, {Kind::kUnwrapper, 1}, {Kind::kResults, 1}}});
  const auto run = Submit(cluster, Request(source), Within(60));
  ASSERT_TRUE(run.ok()) << MessageOf(run.status());
  const std::string phase = source + "/interferograms/20240315_20240327/20240315_20240327.geo.diff_pha.tif";
  fs::copy(phase, work / "whole.tif");
  GetParam().spoil(phase);
  cluster.Add(Kind::kDetector);

  const auto end = AwaitEnd(cluster, run->run_id(), Within(120));
  ASSERT_TRUE(end.ok()) << MessageOf(end.status());
  EXPECT_EQ(end->state(), v1::PARTIAL) << "only the tiles that need the spoilt part die: " << end->ShortDebugString();
  EXPECT_NE(end->ShortDebugString().find("FW-2001"), std::string::npos) << end->ShortDebugString();
  v1::ListDeadTasksRequest asked;
  asked.set_run_id(run->run_id());
  v1::ListDeadTasksResponse dead;
  ASSERT_TRUE(cluster.jobs().ListDeadTasks(cluster.Call(Within(30)).get(), asked, &dead).ok());
  ASSERT_GT(dead.tasks_size(), 0);
  for (const v1::DeadTask& task : dead.tasks()) {
    EXPECT_NE(task.message().find("FW-2001"), std::string::npos) << task.message();
    EXPECT_EQ(task.history_size(), task.attempts()) << task.ShortDebugString();
    EXPECT_GT(task.history_size(), 0);
  }

  fs::copy(work / "whole.tif", phase, fs::copy_options::overwrite_existing);
  v1::RetryTaskRequest retry;
  retry.set_run_id(run->run_id());
  v1::RetryTaskResponse retried;
  const grpc::Status status = cluster.jobs().RetryTask(cluster.Call(Within(30)).get(), retry, &retried);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(retried.retried(), dead.tasks_size());
  const auto mended = AwaitEnd(cluster, run->run_id(), Within(120));
  ASSERT_TRUE(mended.ok()) << MessageOf(mended.status());
  EXPECT_EQ(mended->state(), v1::SUCCEEDED) << mended->ShortDebugString() << cluster.Logs();
  EXPECT_EQ(ProductsOf(cluster, run->run_id()), TheFrame().products());
}

void CutOff(const std::string& path) { fs::resize_file(path, fs::file_size(path) - 4096); }

INSTANTIATE_TEST_SUITE_P(Operation, Poisoned,
                         testing::Values(Poison{"damaged", DamageLastBlock}, Poison{"truncated", CutOff}),
                         [](const auto& poison) { return poison.param.name; });

TEST(Operation, ACancelledRunLeavesNothingBehindAndResumes) {
  Cluster cluster;
  const auto run = Submit(cluster, Request(TheFrame().source()), Within(60));
  ASSERT_TRUE(run.ok()) << MessageOf(run.status());
  const auto begun = AwaitProgress(cluster, run->run_id(), Within(60),
                                   [](const v1::RunProgress& now) { return now.tiles().done() >= 2; });
  ASSERT_TRUE(begun.ok()) << MessageOf(begun.status());
  v1::CancelRunRequest request;
  request.set_run_id(run->run_id());
  v1::Run cancelled;
  const Moment deadline = Within(10);
  const grpc::Status status = cluster.jobs().CancelRun(cluster.Call(deadline).get(), request, &cancelled);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(cancelled.state(), v1::CANCELLED);
  const auto queue = QueueOf(cluster);
  while (!HoldsNothing(*queue, run->run_id()) && std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_TRUE(HoldsNothing(*queue, run->run_id()));
  EXPECT_FALSE(fs::exists(cluster.ProductFolder() + "/" + run->run_id() + "/manifest.json"));

  v1::ResumeRunRequest resume;
  resume.set_run_id(run->run_id());
  v1::Run resumed;
  ASSERT_TRUE(cluster.jobs().ResumeRun(cluster.Call(Within(30)).get(), resume, &resumed).ok());
  const auto end = AwaitEnd(cluster, run->run_id(), Within(120));
  ASSERT_TRUE(end.ok()) << MessageOf(end.status());
  EXPECT_EQ(end->state(), v1::SUCCEEDED);
  EXPECT_EQ(ProductsOf(cluster, run->run_id()), TheFrame().products());
}

TEST(Operation, AnEmergencyOvertakesALargeRoutineRun) {
  Frame small(192, 1, 11);
  Cluster cluster;
  v1::SubmitTrackRequest routine = Request(TheFrame().source());
  routine.mutable_policy()->set_tile_px(64);  // 36 tiles
  const auto large = Submit(cluster, routine, Within(60));
  ASSERT_TRUE(large.ok()) << MessageOf(large.status());
  const auto begun = AwaitProgress(cluster, large->run_id(), Within(60),
                                   [](const v1::RunProgress& now) { return now.tiles().done() >= 1; });
  ASSERT_TRUE(begun.ok()) << MessageOf(begun.status());
  v1::SubmitTrackRequest emergency = Request(small.source());
  emergency.set_priority(v1::PRIORITY_EMERGENCY);
  const auto first = SubmitAndWait(cluster, emergency);
  ASSERT_TRUE(first.ok()) << MessageOf(first.status());
  EXPECT_EQ(first->state(), v1::SUCCEEDED) << first->ShortDebugString();
  v1::GetRunRequest asked;
  asked.set_run_id(large->run_id());
  v1::Run routine_now;
  ASSERT_TRUE(cluster.jobs().GetRun(cluster.Call(Within(30)).get(), asked, &routine_now).ok());
  EXPECT_FALSE(IsFinal(routine_now.state())) << routine_now.ShortDebugString();
  const auto last = AwaitEnd(cluster, large->run_id(), Within(180));
  ASSERT_TRUE(last.ok()) << MessageOf(last.status());
  EXPECT_EQ(last->state(), v1::SUCCEEDED);
}

/// Of each kind.
class Workers : public testing::TestWithParam<int> {};

TEST_P(Workers, GiveIdenticalProducts) {
  const int each = GetParam();
  Cluster cluster(
      {.processes = {
           {Kind::kScheduler, each}, {Kind::kDetector, each}, {Kind::kUnwrapper, each}, {Kind::kResults, each}}});
  const auto end = SubmitAndWait(cluster, Request(TheFrame().source()));
  ASSERT_TRUE(end.ok()) << MessageOf(end.status());
  EXPECT_EQ(end->state(), v1::SUCCEEDED) << end->ShortDebugString();
  EXPECT_EQ(ProductsOf(cluster, end->run_id()), TheFrame().products());
}

INSTANTIATE_TEST_SUITE_P(OneToFour, Workers, testing::Range(1, 5));

/// A replayed request is the same run; another body under the same id is refused.
TEST(Operation, ARequestIsExecutedOnce) {
  Cluster cluster({.processes = {{Kind::kScheduler, 2}}});
  const v1::SubmitTrackRequest request = Request(TheFrame().source());
  v1::SubmitTrackResponse first, again, other;
  ASSERT_TRUE(cluster.jobs(0).SubmitTrack(cluster.Call(Within(60)).get(), request, &first).ok());
  EXPECT_TRUE(first.created());
  ASSERT_TRUE(cluster.jobs(1).SubmitTrack(cluster.Call(Within(60)).get(), request, &again).ok());
  EXPECT_EQ(again.run().run_id(), first.run().run_id());
  v1::SubmitTrackRequest changed = request;
  changed.mutable_policy()->set_tile_px(256);
  EXPECT_EQ(cluster.jobs(1).SubmitTrack(cluster.Call(Within(60)).get(), changed, &other).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

/// SIGTERM while a task is at hand: it is finished or handed back, and nothing waits for the lease.
TEST(Operation, ADrainedWorkerLeavesItsWorkToTheOthers) {
  Cluster cluster(
      {.processes = {{Kind::kScheduler, 1}, {Kind::kDetector, 2}, {Kind::kUnwrapper, 1}, {Kind::kResults, 1}},
       .lease_s = 600});
  const auto run = Submit(cluster, Request(TheFrame().source()), Within(60));
  ASSERT_TRUE(run.ok()) << MessageOf(run.status());
  const auto begun = AwaitProgress(cluster, run->run_id(), Within(60),
                                   [](const v1::RunProgress& now) { return now.tiles().done() >= 1; });
  ASSERT_TRUE(begun.ok()) << MessageOf(begun.status());
  cluster.service(Kind::kDetector, 0).Stop();
  const auto end = AwaitEnd(cluster, run->run_id(), Within(60));
  ASSERT_TRUE(end.ok()) << MessageOf(end.status());
  EXPECT_EQ(end->state(), v1::SUCCEEDED);
  EXPECT_EQ(ProductsOf(cluster, run->run_id()), TheFrame().products());
}

}  // namespace
}  // namespace fringewatch::integration
