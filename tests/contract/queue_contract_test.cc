/// What every Queue must do, run on each implementation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <map>
#include <thread>

#include "common/queue/queue.h"
#include "tests/support/fake_clock.h"
#include "tests/support/redis_server.h"
#include "tests/support/status_matchers.h"

namespace fringewatch {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

/// A queue with a lease of kLease and kMaxAttempts attempts, and a way to let time pass.
struct QueueUnderTest {
  std::function<void(std::chrono::milliseconds)> pass_time;  ///< owns the clock, which must outlive the queue
  std::unique_ptr<Queue> queue;
};
constexpr auto kLease = 10s;
constexpr int kMaxAttempts = 3;

struct Implementation {
  const char* name;
  std::function<QueueUnderTest()> open;
};
void PrintTo(const Implementation& tested, std::ostream* out) { *out << tested.name; }

Task MakeTask(const std::string& id, const std::string& run = "run-1", const std::string& kind = "detect",
              Priority priority = Priority::kRoutine) {
  return {.task_id = id, .run_id = run, .kind = kind, .priority = priority, .payload = "payload of " + id};
}

QueueUnderTest OpenMemory() {
  const auto clock = std::make_shared<FakeClock>();
  QueueUnderTest tested;
  tested.queue = OpenMemoryQueue({.lease = kLease, .max_attempts = kMaxAttempts}, *clock);
  tested.pass_time = [clock](std::chrono::milliseconds time) { clock->Advance(time); };
  return tested;
}

/// One server for all tests, emptied for each.
QueueUnderTest OpenRedis() {
  if (!RedisServer::Installed()) return {};
  static RedisServer server;
  server.Command({"FLUSHALL"});
  QueueUnderTest tested;
  // A window of one, so that turns are exact.
  const RedisOptions redis{.address = server.address(), .ready_window = 1};
  tested.queue = OpenRedisQueue({.lease = kLease, .max_attempts = kMaxAttempts}, redis).value();
  tested.pass_time = [](std::chrono::milliseconds time) { PassRedisTime(server, time); };
  return tested;
}

class QueueContract : public testing::TestWithParam<Implementation> {
 protected:
  void SetUp() override {
    if (tested_.queue == nullptr) GTEST_SKIP() << "redis-server is not installed: this queue is NOT tested";
  }
  Queue& queue() { return *tested_.queue; }
  void PassTime(std::chrono::milliseconds time) { tested_.pass_time(time); }

  std::optional<Lease> Claim(const std::vector<std::string>& kinds = {"detect"}, const std::string& consumer = "w1") {
    auto lease = queue().Claim(kinds, consumer, 0ms);
    EXPECT_THAT(lease, IsOk());
    return lease.ok() ? *lease : std::nullopt;
  }
  /// Claims everything there is, in order.
  std::vector<std::string> ClaimAll(const std::vector<std::string>& kinds = {"detect"}) {
    std::vector<std::string> ids;
    while (const auto lease = Claim(kinds)) ids.push_back(lease->task.task_id);
    return ids;
  }
  TaskCounts Counts(const std::string& run = "run-1") { return Total(queue().Counts(run).value()); }

 private:
  QueueUnderTest tested_ = GetParam().open();
};

TEST_P(QueueContract, ATaskIsClaimedOnceAndCommitted) {
  ASSERT_THAT(queue().Push({MakeTask("a")}), IsOk());
  EXPECT_EQ(Counts().queued, 1);
  const auto lease = Claim();
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->task.task_id, "a");
  EXPECT_EQ(lease->task.run_id, "run-1");
  EXPECT_EQ(lease->task.kind, "detect");
  EXPECT_EQ(lease->task.payload, "payload of a");
  EXPECT_EQ(lease->task.attempt, 1);
  EXPECT_EQ(lease->consumer, "w1");
  EXPECT_EQ(Counts().leased, 1);
  EXPECT_FALSE(Claim());
  ASSERT_THAT(queue().Commit(*lease, {}), IsOk());
  EXPECT_THAT(queue().DoneSet("run-1").value(), ElementsAre("a"));
  EXPECT_EQ(Counts().done, 1);
  EXPECT_EQ(Counts().leased, 0);
  EXPECT_FALSE(Claim());
}

TEST_P(QueueContract, PushIsIdempotentInEveryState) {
  ASSERT_THAT(queue().Push({MakeTask("a"), MakeTask("a")}), IsOk());
  EXPECT_EQ(Counts().queued, 1);
  const auto lease = Claim();
  ASSERT_TRUE(lease);
  ASSERT_THAT(queue().Push({MakeTask("a")}), IsOk());
  EXPECT_FALSE(Claim());
  ASSERT_THAT(queue().Commit(*lease, {}), IsOk());
  ASSERT_THAT(queue().Push({MakeTask("a")}), IsOk());
  EXPECT_FALSE(Claim());
  EXPECT_EQ(Counts().done, 1);
}

TEST_P(QueueContract, TheSameIdInAnotherRunIsAnotherTask) {
  ASSERT_THAT(queue().Push({MakeTask("a", "run-1"), MakeTask("a", "run-2")}), IsOk());
  const auto lease = Claim();
  ASSERT_TRUE(lease);
  ASSERT_THAT(queue().Commit(*lease, {}), IsOk());
  EXPECT_THAT(queue().DoneSet("run-1").value(), SizeIs(1));
  EXPECT_THAT(queue().DoneSet("run-2").value(), IsEmpty());
}

TEST_P(QueueContract, BadTasksAreRefusedWhole) {
  Task heavy = MakeTask("heavy");
  heavy.payload = std::string(1024, 'x');
  EXPECT_THAT(queue().Push({MakeTask("fine"), heavy}), IsFault(Fault::kBadOption));
  EXPECT_THAT(queue().Push({MakeTask("")}), IsFault(Fault::kBadOption));
  EXPECT_THAT(queue().Push({MakeTask("a", "")}), IsFault(Fault::kBadOption));
  EXPECT_THAT(queue().Push({MakeTask("a", "run-1", "")}), IsFault(Fault::kBadOption));
  EXPECT_FALSE(Claim());
}

TEST_P(QueueContract, CommitPushesItsFollowUps) {
  ASSERT_THAT(queue().Push({MakeTask("a"), MakeTask("b")}), IsOk());
  const auto a = Claim(), b = Claim();
  ASSERT_TRUE(a && b);
  const std::vector<Task> patches = {MakeTask("p", "run-1", "patch"), MakeTask("q", "run-1", "patch")};
  ASSERT_THAT(queue().Commit(*a, patches), IsOk());
  ASSERT_THAT(queue().Commit(*b, patches), IsOk());  // a follow-up may come from several tasks
  EXPECT_FALSE(Claim({"detect"}));
  EXPECT_THAT(ClaimAll({"patch"}), ElementsAre("p", "q"));
}

TEST_P(QueueContract, ABadFollowUpLeavesTheTaskWithItsOwner) {
  ASSERT_THAT(queue().Push({MakeTask("a")}), IsOk());
  const auto lease = Claim();
  ASSERT_TRUE(lease);
  EXPECT_THAT(queue().Commit(*lease, {MakeTask("")}), IsFault(Fault::kBadOption));
  EXPECT_EQ(Counts().leased, 1);
  EXPECT_THAT(queue().Commit(*lease, {}), IsOk());
}

TEST_P(QueueContract, AnUnfinishedTaskReturnsAfterItsLease) {
  ASSERT_THAT(queue().Push({MakeTask("a")}), IsOk());
  const auto first = Claim({"detect"}, "w1");
  PassTime(kLease - 1s);
  EXPECT_FALSE(Claim({"detect"}, "w2"));
  PassTime(1s);
  const auto second = Claim({"detect"}, "w2");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->task.attempt, 2);
  EXPECT_EQ(second->consumer, "w2");
}

TEST_P(QueueContract, TheFirstOwnerIsRefusedOnceTheLeaseWasLost) {
  ASSERT_THAT(queue().Push({MakeTask("a")}), IsOk());
  const auto first = Claim({"detect"}, "w1");
  ASSERT_TRUE(first);
  PassTime(kLease);
  const auto second = Claim({"detect"}, "w1");  // even when it is the same consumer that took it again
  ASSERT_TRUE(second);
  EXPECT_THAT(queue().ExtendLease(*first), IsFault(Fault::kLeaseLost));
  EXPECT_THAT(queue().Commit(*first, {MakeTask("p", "run-1", "patch")}), IsFault(Fault::kLeaseLost));
  EXPECT_THAT(queue().Fail(*first, Error(Fault::kInternal, "late")), IsFault(Fault::kLeaseLost));
  EXPECT_THAT(queue().DoneSet("run-1").value(), IsEmpty());
  EXPECT_FALSE(Claim({"patch"}));
  EXPECT_THAT(queue().Commit(*second, {}), IsOk());
}

TEST_P(QueueContract, ACommitAfterTheLeaseIsRefusedEvenBeforeATakeover) {
  ASSERT_THAT(queue().Push({MakeTask("a")}), IsOk());
  const auto lease = Claim();
  ASSERT_TRUE(lease);
  PassTime(kLease);
  EXPECT_THAT(queue().Commit(*lease, {}), IsFault(Fault::kLeaseLost));
}

TEST_P(QueueContract, ASecondCommitIsRefused) {
  ASSERT_THAT(queue().Push({MakeTask("a")}), IsOk());
  const auto lease = Claim();
  ASSERT_TRUE(lease);
  ASSERT_THAT(queue().Commit(*lease, {}), IsOk());
  EXPECT_THAT(queue().Commit(*lease, {}), IsFault(Fault::kLeaseLost));
  EXPECT_EQ(Counts().done, 1);
}

TEST_P(QueueContract, AHeartbeatKeepsTheTask) {
  ASSERT_THAT(queue().Push({MakeTask("a")}), IsOk());
  const auto lease = Claim();
  ASSERT_TRUE(lease);
  for (int beat = 0; beat < 5; ++beat) {
    PassTime(kLease - 1s);
    ASSERT_THAT(queue().ExtendLease(*lease), IsOk());
  }
  EXPECT_FALSE(Claim({"detect"}, "w2"));
  EXPECT_THAT(queue().Commit(*lease, {}), IsOk());
}

TEST_P(QueueContract, ARetryableFailureIsTriedAgainUpToTheLimit) {
  ASSERT_THAT(queue().Push({MakeTask("a")}), IsOk());
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    const auto lease = Claim();
    ASSERT_TRUE(lease);
    EXPECT_EQ(lease->task.attempt, attempt);
    ASSERT_THAT(queue().Fail(*lease, Error(Fault::kOutOfMemory, "batch {}", attempt)), IsOk());
  }
  EXPECT_FALSE(Claim());
  const auto dead = queue().DeadTasks("run-1").value();
  ASSERT_THAT(dead, SizeIs(1));
  EXPECT_EQ(dead[0].task.task_id, "a");
  EXPECT_EQ(dead[0].task.payload, "payload of a");
  EXPECT_EQ(dead[0].task.attempt, kMaxAttempts);
  EXPECT_THAT(dead[0].status, IsFault(Fault::kOutOfMemory));
  EXPECT_THAT(dead[0].history, ElementsAre(HasSubstr("batch 1"), HasSubstr("batch 2"), HasSubstr("batch 3")));
  EXPECT_EQ(Counts().dead, 1);
}

TEST_P(QueueContract, AFinalFailureIsDeadAtOnce) {
  ASSERT_THAT(queue().Push({MakeTask("a"), MakeTask("b", "run-2")}), IsOk());
  const auto lease = Claim();
  ASSERT_TRUE(lease);
  ASSERT_THAT(queue().Fail(*lease, Error(Fault::kRasterTruncated, "x.tif")), IsOk());
  EXPECT_THAT(queue().DeadTasks("run-1").value(), SizeIs(1));
  EXPECT_THAT(queue().DeadTasks("run-2").value(), IsEmpty());
  EXPECT_THAT(queue().DoneSet("run-1").value(), IsEmpty());
  ASSERT_THAT(queue().Push({MakeTask("a")}), IsOk());  // the dead stay dead
  EXPECT_THAT(ClaimAll(), ElementsAre("b"));
}

TEST_P(QueueContract, WorkersThatVanishUseUpTheAttempts) {
  ASSERT_THAT(queue().Push({MakeTask("a")}), IsOk());
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    ASSERT_TRUE(Claim());
    PassTime(kLease);
  }
  EXPECT_FALSE(Claim());
  const auto dead = queue().DeadTasks("run-1").value();
  ASSERT_THAT(dead, SizeIs(1));
  EXPECT_THAT(dead[0].history, SizeIs(kMaxAttempts));
  EXPECT_THAT(dead[0].status, IsFault(Fault::kDeadline));
}

TEST_P(QueueContract, EmergencyGoesFirstAcrossKinds) {
  ASSERT_THAT(queue().Push({MakeTask("routine"), MakeTask("fast", "run-2", "patch", Priority::kEmergency)}), IsOk());
  EXPECT_THAT(ClaimAll({"detect", "patch"}), ElementsAre("fast", "routine"));
}

TEST_P(QueueContract, KindsGoInTheOrderGiven) {
  ASSERT_THAT(queue().Push({MakeTask("d"), MakeTask("p", "run-1", "patch")}), IsOk());
  EXPECT_THAT(ClaimAll({"patch", "detect"}), ElementsAre("p", "d"));
}

TEST_P(QueueContract, RunsTakeTurns) {
  std::vector<Task> large;
  for (int i = 0; i < 4; ++i) large.push_back(MakeTask(fmt::format("large-{}", i), "large"));
  ASSERT_THAT(queue().Push(large), IsOk());
  ASSERT_THAT(queue().Push({MakeTask("small-0", "small"), MakeTask("small-1", "small")}), IsOk());
  EXPECT_THAT(ClaimAll(), ElementsAre("large-0", "small-0", "large-1", "small-1", "large-2", "large-3"));
}

TEST_P(QueueContract, AnEmptyQueueGivesNothingAfterTheWait) {
  const auto lease = queue().Claim({"detect"}, "w1", 200ms);
  ASSERT_THAT(lease, IsOk());
  EXPECT_FALSE(*lease);
  EXPECT_THAT(queue().DoneSet("unknown").value(), IsEmpty());
  EXPECT_THAT(queue().DeadTasks("unknown").value(), IsEmpty());
  EXPECT_EQ(Counts("unknown").queued, 0);
}

TEST_P(QueueContract, AWaitingClaimTakesOverAnExpiredLease) {
  ASSERT_THAT(queue().Push({MakeTask("a")}), IsOk());
  ASSERT_TRUE(Claim());
  PassTime(kLease - 300ms);
  const auto lease = queue().Claim({"detect"}, "w2", 10s);
  ASSERT_THAT(lease, IsOk());
  ASSERT_TRUE(*lease);
  EXPECT_EQ((*lease)->task.attempt, 2);
}

TEST_P(QueueContract, APayloadIsBytes) {
  Task task = MakeTask("a");
  task.payload.clear();
  for (int byte = 0; byte < 256; ++byte) task.payload.push_back(static_cast<char>(byte));
  ASSERT_THAT(queue().Push({task}), IsOk());
  const auto lease = Claim();
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->task.payload, task.payload);
}

TEST_P(QueueContract, AReturnedTaskIsNextAndItsAttemptDoesNotCount) {
  ASSERT_THAT(queue().Push({MakeTask("a"), MakeTask("b"), MakeTask("c")}), IsOk());
  for (int i = 0; i < 2 * kMaxAttempts; ++i) {
    const auto lease = Claim();
    ASSERT_TRUE(lease);
    EXPECT_EQ(lease->task.attempt, 1);
    ASSERT_THAT(queue().Return(*lease), IsOk());
    EXPECT_THAT(queue().Return(*lease), IsFault(Fault::kLeaseLost));
    EXPECT_THAT(queue().Commit(*lease, {}), IsFault(Fault::kLeaseLost));
  }
  EXPECT_EQ(Counts().queued, 3);
  EXPECT_THAT(ClaimAll(), UnorderedElementsAre("a", "b", "c"));
}

TEST_P(QueueContract, AReturnedTaskComesBeforeTheOthersOfItsRun) {
  std::vector<Task> tasks;
  for (int i = 0; i < 5; ++i) tasks.push_back(MakeTask(fmt::format("t{}", i)));
  ASSERT_THAT(queue().Push(tasks), IsOk());
  const auto lease = Claim();
  ASSERT_TRUE(lease);
  ASSERT_THAT(queue().Return(*lease), IsOk());
  // What lies ready already may go before it: at most one task here.
  EXPECT_THAT(ClaimAll(),
              testing::AnyOf(ElementsAre("t0", "t1", "t2", "t3", "t4"), ElementsAre("t1", "t0", "t2", "t3", "t4")));
}

TEST_P(QueueContract, AReturnAfterATakeoverGivesBackOneAttempt) {
  ASSERT_THAT(queue().Push({MakeTask("a")}), IsOk());
  ASSERT_TRUE(Claim());
  PassTime(kLease);
  const auto second = Claim();
  ASSERT_TRUE(second);
  ASSERT_EQ(second->task.attempt, 2);
  ASSERT_THAT(queue().Return(*second), IsOk());
  const auto third = Claim();
  ASSERT_TRUE(third);
  EXPECT_EQ(third->task.attempt, 2);
}

TEST_P(QueueContract, ARetriedTaskHasFreshAttemptsAndKeepsItsHistory) {
  ASSERT_THAT(queue().Push({MakeTask("a"), MakeTask("b")}), IsOk());
  for (int i = 0; i < 2; ++i) ASSERT_THAT(queue().Fail(*Claim(), Error(Fault::kRasterTruncated, "first")), IsOk());
  ASSERT_THAT(queue().Retry("run-1", "b"), IsOk());
  EXPECT_EQ(Counts().dead, 1);
  EXPECT_EQ(Counts().queued, 1);
  EXPECT_THAT(queue().Retry("run-1", "b"), IsFault(Fault::kUnknownName));  // it is queued
  const auto lease = Claim();
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->task.task_id, "b");
  EXPECT_EQ(lease->task.attempt, 1);
  ASSERT_THAT(queue().Fail(*lease, Error(Fault::kGridMismatch, "second")), IsOk());
  const auto dead = queue().DeadTasks("run-1").value();
  ASSERT_THAT(dead, SizeIs(2));
  EXPECT_EQ(dead[0].task.task_id, "a");  // b died later
  EXPECT_THAT(dead[1].history, ElementsAre(HasSubstr("first"), HasSubstr("second")));
  EXPECT_THAT(dead[1].status, IsFault(Fault::kGridMismatch));
}

TEST_P(QueueContract, OnlyTheDeadAreRetried) {
  ASSERT_THAT(queue().Push({MakeTask("done"), MakeTask("queued")}), IsOk());
  ASSERT_THAT(queue().Commit(*Claim(), {}), IsOk());
  for (const char* id : {"done", "queued", "unknown"}) {
    EXPECT_THAT(queue().Retry("run-1", id), IsFault(Fault::kUnknownName)) << id;
  }
  EXPECT_THAT(ClaimAll(), ElementsAre("queued"));
}

TEST_P(QueueContract, AForgottenRunIsGoneInEveryState) {
  ASSERT_THAT(queue().Push({MakeTask("done"), MakeTask("dead"), MakeTask("leased"), MakeTask("queued")}), IsOk());
  ASSERT_THAT(queue().Commit(*Claim(), {}), IsOk());
  ASSERT_THAT(queue().Fail(*Claim(), Error(Fault::kRasterTruncated, "x.tif")), IsOk());
  const auto lease = Claim();
  ASSERT_TRUE(lease);
  ASSERT_THAT(queue().Forget("run-1"), IsOk());
  ASSERT_THAT(queue().Forget("run-1"), IsOk());
  EXPECT_THAT(queue().ExtendLease(*lease), IsFault(Fault::kLeaseLost));
  EXPECT_THAT(queue().Fail(*lease, Error(Fault::kInternal, "late")), IsFault(Fault::kLeaseLost));
  EXPECT_THAT(queue().Return(*lease), IsFault(Fault::kLeaseLost));
  EXPECT_THAT(queue().Commit(*lease, {MakeTask("p", "run-1", "patch")}), IsFault(Fault::kLeaseLost));
  EXPECT_THAT(queue().Runs().value(), IsEmpty());
  EXPECT_THAT(queue().KnownSet("run-1").value(), IsEmpty());
  EXPECT_THAT(queue().DoneSet("run-1").value(), IsEmpty());
  EXPECT_THAT(queue().DeadTasks("run-1").value(), IsEmpty());
  EXPECT_THAT(queue().Counts("run-1").value(), IsEmpty());
  PassTime(kLease);
  EXPECT_FALSE(Claim({"detect", "patch"}));
}

TEST_P(QueueContract, AForgottenRunCanBePushedAgain) {
  ASSERT_THAT(queue().Push({MakeTask("a"), MakeTask("b")}), IsOk());
  const auto old = Claim();
  ASSERT_TRUE(old);
  ASSERT_THAT(queue().Forget("run-1"), IsOk());
  ASSERT_THAT(queue().Push({MakeTask("a"), MakeTask("b")}), IsOk());
  const auto lease = Claim();
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->task.task_id, "a");
  EXPECT_EQ(lease->task.attempt, 1);
  EXPECT_THAT(queue().Commit(*old, {}), IsFault(Fault::kLeaseLost));
  EXPECT_THAT(queue().Commit(*lease, {}), IsOk());
  EXPECT_THAT(ClaimAll(), ElementsAre("b"));
}

TEST_P(QueueContract, ForgettingARunLeavesTheOthersInTheirOrder) {
  for (int i = 0; i < 3; ++i) {
    for (const char* run : {"x", "y", "z"})
      ASSERT_THAT(queue().Push({MakeTask(fmt::format("{}{}", run, i), run)}), IsOk());
  }
  const auto kept = Claim();
  ASSERT_TRUE(kept);
  ASSERT_EQ(kept->task.task_id, "x0");
  ASSERT_THAT(queue().Forget("y"), IsOk());
  EXPECT_THAT(queue().Runs().value(), ElementsAre("x", "z"));
  EXPECT_THAT(queue().Commit(*kept, {}), IsOk());
  const std::vector<std::string> rest = ClaimAll();
  EXPECT_THAT(rest, UnorderedElementsAre("x1", "x2", "z0", "z1", "z2"));
  int ahead = 1;  // of x: x0 was claimed before
  for (const std::string& id : rest) {
    ahead += id[0] == 'x' ? 1 : -1;
    EXPECT_LE(std::abs(ahead), 1) << "the runs do not take turns: " << testing::PrintToString(rest);
  }
}

TEST_P(QueueContract, RunsAndKnownTasksAreListedWhateverTheirState) {
  ASSERT_THAT(queue().Push({MakeTask("done"), MakeTask("dead"), MakeTask("leased"), MakeTask("queued")}), IsOk());
  ASSERT_THAT(queue().Push({MakeTask("other", "run-0")}), IsOk());
  ASSERT_THAT(queue().Commit(*Claim(), {MakeTask("next", "run-1", "patch")}), IsOk());
  EXPECT_THAT(queue().Runs().value(), ElementsAre("run-0", "run-1"));
  ASSERT_THAT(ClaimAll(), SizeIs(4));
  EXPECT_THAT(queue().KnownSet("run-1").value(), ElementsAre("dead", "done", "leased", "next", "queued"));
  EXPECT_THAT(queue().KnownSet("unknown").value(), IsEmpty());
}

TEST_P(QueueContract, CountsAreByKind) {
  ASSERT_THAT(queue().Push({MakeTask("a"), MakeTask("b"), MakeTask("c"), MakeTask("d")}), IsOk());
  const std::vector<Task> patches = {MakeTask("p", "run-1", "patch"), MakeTask("q", "run-1", "patch")};
  ASSERT_THAT(queue().Commit(*Claim(), patches), IsOk());
  ASSERT_THAT(queue().Fail(*Claim(), Error(Fault::kRasterTruncated, "x.tif")), IsOk());
  ASSERT_TRUE(Claim());
  const CountsByKind counts = queue().Counts("run-1").value();
  ASSERT_THAT(counts, SizeIs(2));
  EXPECT_EQ(counts.at("detect").queued, 1);
  EXPECT_EQ(counts.at("detect").leased, 1);
  EXPECT_EQ(counts.at("detect").done, 1);
  EXPECT_EQ(counts.at("detect").dead, 1);
  EXPECT_EQ(counts.at("patch").queued, 2);
  EXPECT_EQ(Total(counts).queued, 3);
}

TEST_P(QueueContract, LinesTellWhatWaits) {
  EXPECT_THAT(queue().Lines().value(), IsEmpty());
  ASSERT_THAT(queue().Push({MakeTask("a", "run-1"), MakeTask("b", "run-2"), MakeTask("c", "run-2")}), IsOk());
  PassTime(20s);
  ASSERT_THAT(queue().Push({MakeTask("p", "run-1", "patch"), MakeTask("e", "run-1", "detect", Priority::kEmergency)}),
              IsOk());
  ASSERT_TRUE(Claim({"patch"}));
  const std::vector<LineState> lines = queue().Lines().value();
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_EQ(lines[0].kind, "detect");
  EXPECT_EQ(lines[0].priority, Priority::kEmergency);
  EXPECT_EQ(lines[0].queued, 1);
  EXPECT_LT(lines[0].oldest_age_s, 10);
  EXPECT_EQ(lines[1].kind, "detect");
  EXPECT_EQ(lines[1].priority, Priority::kRoutine);
  EXPECT_EQ(lines[1].queued, 3);
  EXPECT_NEAR(lines[1].oldest_age_s, 20, 9);
  EXPECT_EQ(lines[2].kind, "patch");
  EXPECT_EQ(lines[2].queued, 0);
  EXPECT_EQ(lines[2].leased, 1);
  EXPECT_EQ(lines[2].oldest_age_s, 0);
}

TEST_P(QueueContract, AConsumerThatLeavesKeepsItsLeases) {
  ASSERT_THAT(queue().Push({MakeTask("a"), MakeTask("b")}), IsOk());
  const auto lease = Claim({"detect"}, "w1");
  ASSERT_TRUE(lease);
  EXPECT_THAT(queue().Leave("w1"), IsOk());
  EXPECT_THAT(queue().Commit(*lease, {}), IsOk());
  EXPECT_THAT(queue().Leave("w1"), IsOk());
  EXPECT_THAT(queue().Leave("never seen"), IsOk());
  EXPECT_TRUE(Claim({"detect"}, "w1"));  // and may come back
}

INSTANTIATE_TEST_SUITE_P(Queues, QueueContract,
                         testing::Values(Implementation{"Memory", OpenMemory}, Implementation{"Redis", OpenRedis}),
                         [](const auto& tested) { return tested.param.name; });

TEST(MemoryQueue, ManyWorkersCommitEveryTaskOnce) {
  constexpr int kTasks = 2000, kWorkers = 4;
  SteadyClock clock;
  const auto queue = OpenMemoryQueue({}, clock);
  std::vector<Task> tasks;
  for (int i = 0; i < kTasks; ++i) tasks.push_back(MakeTask(fmt::format("d{}", i)));
  std::map<std::string, std::atomic<int>> worked;
  for (int i = 0; i < kTasks; ++i) worked[fmt::format("d{}", i)], worked[fmt::format("p{}", i)];
  std::atomic<int> left = 2 * kTasks;
  std::vector<std::thread> workers;
  for (int w = 0; w < kWorkers; ++w) {
    workers.emplace_back([&] {
      while (left > 0) {
        const auto lease = queue->Claim({"patch", "detect"}, "w", 50ms);
        ASSERT_THAT(lease, IsOk());
        if (!*lease) continue;
        const Task& task = (*lease)->task;
        ++worked.at(task.task_id);
        std::vector<Task> follow_ups;
        if (task.kind == "detect")
          follow_ups.push_back(MakeTask(fmt::format("p{}", task.task_id.substr(1)), "run-1", "patch"));
        ASSERT_THAT(queue->Commit(**lease, follow_ups), IsOk());
        --left;
      }
    });
  }
  ASSERT_THAT(queue->Push(tasks), IsOk());  // while the workers are already waiting
  for (std::thread& worker : workers) worker.join();
  for (const auto& [id, times] : worked) EXPECT_EQ(times, 1) << id;
  EXPECT_EQ(queue->DoneSet("run-1").value().size(), size_t{2 * kTasks});
}

}  // namespace
}  // namespace fringewatch
