/// What every Queue must do, run on each implementation: tasks given back, retried, forgotten, counted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/contract/queue_contract.h"

namespace fringewatch {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

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

TEST_P(QueueContract, WhatIsKeptOfFailuresIsNotEndless) {
  ASSERT_THAT(queue().Push({MakeTask("a")}), IsOk());
  std::string files = "x";  // so that the cut falls into a letter
  while (files.size() < 50'000) files += "\u5730";
  for (int i = 0; i < 30; ++i) {
    const auto lease = Claim();
    ASSERT_TRUE(lease);
    ASSERT_THAT(queue().Fail(*lease, Status(StatusCode::kDataLoss, fmt::format("failure {:02}: {}", i, files))),
                IsOk());
    if (i < 29) ASSERT_THAT(queue().Retry("run-1", "a"), IsOk());
  }
  const DeadTask dead = queue().DeadTasks("run-1").value().at(0);
  EXPECT_EQ(dead.status.code(), StatusCode::kDataLoss);
  // 12 bytes, x, and 662 letters of three bytes: another one would not fit.
  EXPECT_EQ(MessageOf(dead.status), "failure 29: " + files.substr(0, 1 + 662 * 3) + " ... (cut)");
  ASSERT_THAT(dead.history, testing::SizeIs(20));
  EXPECT_THAT(dead.history.front(), testing::HasSubstr("failure 10: "));
  EXPECT_EQ(dead.history.back(), "attempt 1 on w1: " + MessageOf(dead.status));
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

}  // namespace
}  // namespace fringewatch
