/// What every Queue must do, run on each implementation: delivery, leases, failures, order.
#include "tests/contract/queue_contract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

namespace fringewatch {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

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
