/// Whatever happens to a process of the cluster, at whatever moment: the run ends, and its products do not change by a
/// byte. FRINGEWATCH_TRIALS sets the trials of each case (default 2; the full table takes 20).
#include <gtest/gtest.h>
#include <signal.h>

#include <cctype>
#include <cstdlib>
#include <future>
#include <thread>

#include "tests/integration/deliveries.h"
#include "tests/integration/trial.h"
#include "tests/support/seed.h"

namespace fringewatch::integration {
namespace {

int Trials() {
  const char* given = std::getenv("FRINGEWATCH_TRIALS");
  return given != nullptr ? std::max(1, std::atoi(given)) : 2;
}

/// Case -> trials that ended as undisturbed, trials. Printed at the end.
class Table : public testing::Environment {
 public:
  void Add(const std::string& name, bool identical) {
    Row& row = rows_[name];
    ++row.trials;
    row.identical += identical ? 1 : 0;
  }
  void TearDown() override {
    fmt::print("\n{:<58} {:>6} {:>9}\n", "case", "trials", "identical");
    for (const auto& [name, row] : rows_) fmt::print("{:<58} {:>6} {:>9}\n", name, row.trials, row.identical);
    std::fflush(stdout);
  }

 private:
  struct Row {
    int trials = 0;
    int identical = 0;
  };
  std::map<std::string, Row> rows_;
};
Table* const table = static_cast<Table*>(testing::AddGlobalTestEnvironment(new Table));

std::map<Kind, int> Processes(int schedulers, int detectors, int unwrappers, int results) {
  return {{Kind::kScheduler, schedulers},
          {Kind::kDetector, detectors},
          {Kind::kUnwrapper, unwrappers},
          {Kind::kResults, results}};
}

/// Two of the kind that is disturbed, so that there is one to take over; but one scheduler and one results service:
/// then nobody stands in.
std::map<Kind, int> ProcessesToDisturb(Kind kind) {
  return Processes(1, kind == Kind::kDetector ? 2 : 1, kind == Kind::kUnwrapper ? 2 : 1, 1);
}

Service& AnyOf(Cluster& cluster, Kind kind, Random& random) {
  return cluster.service(kind, std::uniform_int_distribution(0, cluster.CountOf(kind) - 1)(random));
}

Disturbance KillAndRestart(Kind kind) {
  return {.name = "kill -9 of a " + NameOf(kind) + " process, started again",
          .processes = ProcessesToDisturb(kind),
          .act = [kind](Cluster& cluster, Random& random) {
            Service& victim = AnyOf(cluster, kind, random);
            victim.Kill();
            victim.Start();
            victim.AwaitReady();
          }};
}

Disturbance StopBeyondTheLease(Kind kind) {
  return {.name = "kill -STOP of a " + NameOf(kind) + " process beyond the lease, -CONT",
          .processes = ProcessesToDisturb(kind),
          .act = [kind](Cluster& cluster, Random& random) {
            Service& victim = AnyOf(cluster, kind, random);
            victim.Signal(SIGSTOP);
            // Time itself is what disturbs: the lease must run out.
            std::this_thread::sleep_until(Within(1.5 * ClusterOptions{}.lease_s));
            victim.Signal(SIGCONT);
          }};
}

Disturbance KillEverything() {
  return {.name = "kill -9 of every process and Redis, all started again",
          .processes = Processes(1, 1, 1, 1),
          .act = [](Cluster& cluster, Random&) {
            for (const Kind kind : kKinds) cluster.service(kind).Kill();
            cluster.redis().Kill();
            cluster.redis().Start();
            for (const Kind kind : kKinds) cluster.service(kind).Start();
            for (const Kind kind : kKinds) cluster.service(kind).AwaitReady();
          }};
}

Disturbance RestartRedis() {
  return {.name = "Redis killed with -9, started again on its append-only file",
          .processes = Processes(1, 1, 1, 1),
          .act = [](Cluster& cluster, Random&) {
            cluster.redis().Kill();
            cluster.redis().Start();
          }};
}

Disturbance WipeRedisAndResume() {
  return {.name = "Redis wiped (FLUSHALL), then resume",
          .processes = Processes(1, 1, 1, 1),
          .act = [](Cluster& cluster, Random&) { cluster.redis().Command({"FLUSHALL"}); },
          .afterwards =
              [](Cluster& cluster, const std::string& run_id) {
                v1::ResumeRunRequest request;
                request.set_run_id(run_id);
                v1::Run run;
                const grpc::Status status = cluster.jobs().ResumeRun(cluster.Call(Within(60)).get(), request, &run);
                // Refused only when there is nothing to resume.
                if (status.error_code() == grpc::StatusCode::FAILED_PRECONDITION) return;
                EXPECT_TRUE(status.ok()) << status.error_message();
              }};
}

Disturbance DeliverTwice() {
  return {.name = "duplicate delivery: every lease taken over while its owner works",
          .processes = Processes(1, 2, 2, 1),
          .act = [](Cluster&, Random&) {},
          .afterwards =
              [](Cluster& cluster, const std::string& run_id) {
                const int expired = ExpireEachDeliveryOnce(cluster, run_id);
                EXPECT_GT(expired, 0);
              },
          .latest = 0.2};  // while there are leases to take over
}

Disturbance TwoSchedulers() {
  return {.name = "two schedulers at once, both asked for the run, one killed",
          .processes = Processes(2, 1, 1, 1),
          .act = [](Cluster& cluster, Random& random) {
            v1::SubmitTrackResponse response;
            const grpc::Status status =
                cluster.jobs(1).SubmitTrack(cluster.Call(Within(60)).get(), Request(TheFrame().source()), &response);
            EXPECT_TRUE(status.ok()) << status.error_message();
            if (std::bernoulli_distribution(0.5)(random)) cluster.service(Kind::kScheduler, 1).Kill();
          }};
}

Disturbance ResultsDown() {
  // A minute in the full table.
  const double away_s = Trials() >= 20 ? 60 : 3;
  return {.name = fmt::format("results down for {:.0f} s and until all else is done", away_s),
          .processes = Processes(1, 1, 1, 1),
          .act = [](Cluster& cluster, Random&) { cluster.service(Kind::kResults).Kill(); },
          .afterwards =
              [away_s](Cluster& cluster, const std::string& run_id) {
                // Time itself is what disturbs.
                std::this_thread::sleep_until(Within(away_s));
                const auto measured = AwaitProgress(cluster, run_id, Within(60), [](const v1::RunProgress& now) {
                  return IsFinal(now.run().state()) ||
                         (now.tiles().total() > 0 && now.tiles().done() == now.tiles().total() &&
                          now.patches().done() == now.patches().total());
                });
                EXPECT_TRUE(measured.ok()) << MessageOf(measured.status());
                cluster.service(Kind::kResults).Start();
                cluster.service(Kind::kResults).AwaitReady();
              }};
}

class Chaos : public testing::TestWithParam<Disturbance> {};

TEST_P(Chaos, EndsAsUndisturbed) {
  Random random(TestSeed(20241130));
  for (int trial = 0; trial < Trials(); ++trial) {
    SCOPED_TRACE("trial " + std::to_string(trial));
    table->Add(GetParam().name, EndsAsUndisturbed(GetParam(), random));
  }
}

/// GoogleTest takes letters, digits and underscores only.
std::string TestName(std::string text) {
  for (char& letter : text) {
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0) letter = '_';
  }
  return text;
}

INSTANTIATE_TEST_SUITE_P(Cluster, Chaos,
                         testing::Values(KillAndRestart(Kind::kScheduler), KillAndRestart(Kind::kDetector),
                                         KillAndRestart(Kind::kUnwrapper), KillAndRestart(Kind::kResults),
                                         StopBeyondTheLease(Kind::kScheduler), StopBeyondTheLease(Kind::kDetector),
                                         StopBeyondTheLease(Kind::kUnwrapper), StopBeyondTheLease(Kind::kResults),
                                         KillEverything(), RestartRedis(), WipeRedisAndResume(), DeliverTwice(),
                                         TwoSchedulers(), ResultsDown()),
                         [](const auto& tested) { return TestName(tested.param.name); });

}  // namespace
}  // namespace fringewatch::integration
