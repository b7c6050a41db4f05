#include "common/queue/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>

#include "common/queue/heartbeat.h"
#include "common/queue/passing_queue.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"

namespace fringewatch {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// Handles tasks of one kind by a function.
class FunctionHandler final : public TaskHandler {
 public:
  using Function = std::function<StatusOr<std::vector<Task>>(const Task&)>;
  FunctionHandler(std::string kind, Function function) : kind_(std::move(kind)), function_(std::move(function)) {}
  std::string kind() const override { return kind_; }
  StatusOr<std::vector<Task>> Handle(const Task& task) override { return function_(task); }

 private:
  std::string kind_;
  Function function_;
};

Task MakeTask(const std::string& id, const std::string& kind) {
  return {.task_id = id, .run_id = "run", .kind = kind, .payload = ""};
}

class WorkerTest : public testing::Test {
 protected:
  FakeClock clock_;
  std::unique_ptr<Queue> queue_ = OpenMemoryQueue({.lease = 30ms, .max_attempts = 2}, clock_);
};

TEST_F(WorkerTest, HandlesCommitsAndFollowsUp) {
  FunctionHandler first("first", [](const Task&) { return std::vector<Task>{MakeTask("b", "second")}; });
  FunctionHandler second("second", [](const Task&) { return std::vector<Task>{}; });
  ASSERT_THAT(queue_->Push({MakeTask("a", "first")}), IsOk());
  const auto turn = WorkOnce(*queue_, {&first, &second}, "w", 0ms);
  ASSERT_THAT(turn, IsOk());
  EXPECT_TRUE(turn->worked);
  EXPECT_EQ(turn->task.task_id, "a");
  EXPECT_THAT(turn->follow_ups, SizeIs(1));
  EXPECT_TRUE(WorkOnce(*queue_, {&first, &second}, "w", 0ms)->worked);
  EXPECT_FALSE(WorkOnce(*queue_, {&first, &second}, "w", 0ms)->worked);
  EXPECT_THAT(queue_->DoneSet("run").value(), ElementsAre("a", "b"));
}

TEST_F(WorkerTest, AFailingHandlerIsNoErrorOfTheTurn) {
  FunctionHandler handler(
      "k", [](const Task&) -> StatusOr<std::vector<Task>> { return Error(Fault::kRasterTruncated, "x.tif"); });
  ASSERT_THAT(queue_->Push({MakeTask("a", "k")}), IsOk());
  const auto turn = WorkOnce(*queue_, {&handler}, "w", 0ms);
  ASSERT_THAT(turn, IsOk());
  EXPECT_THAT(turn->status, IsFault(Fault::kRasterTruncated));
  EXPECT_THAT(queue_->DeadTasks("run").value(), SizeIs(1));
}

TEST_F(WorkerTest, WhatTheWorkerCannotDoNowCostsTheTaskNothing) {
  ASSERT_THAT(queue_->Push({MakeTask("a", "k")}), IsOk());
  for (const Fault fault : {Fault::kWorkerUnfit, Fault::kServiceAway, Fault::kWorkerUnfit, Fault::kServiceAway}) {
    FunctionHandler unfit("k", [fault](const Task&) -> StatusOr<std::vector<Task>> { return Error(fault, "test"); });
    const auto turn = WorkOnce(*queue_, {&unfit}, "unfit", 0ms);
    ASSERT_THAT(turn, IsOk());
    EXPECT_TRUE(turn->given_back);
    EXPECT_EQ(turn->task.attempt, 1);
  }
  FunctionHandler fit("k", [](const Task&) { return std::vector<Task>{}; });
  const auto turn = WorkOnce(*queue_, {&fit}, "fit", 0ms);
  ASSERT_THAT(turn, IsOk());
  EXPECT_FALSE(turn->given_back);
  EXPECT_THAT(queue_->DoneSet("run").value(), ElementsAre("a"));
}

/// Is away for the first commits and failures.
class OftenAwayQueue final : public PassingQueue {
 public:
  OftenAwayQueue(Queue& queue, int times_away) : PassingQueue(queue), times_away_(times_away) {}
  int tries() const { return tries_; }
  Status Commit(const Lease& lease, const std::vector<Task>& tasks) override {
    return ++tries_ <= times_away_ ? Error(Fault::kServiceAway, "test") : PassingQueue::Commit(lease, tasks);
  }
  Status Fail(const Lease& lease, const Status& why) override {
    return ++tries_ <= times_away_ ? Error(Fault::kServiceAway, "test") : PassingQueue::Fail(lease, why);
  }

 private:
  const int times_away_;
  int tries_ = 0;
};

TEST_F(WorkerTest, AShortOutageDoesNotCostTheWork) {
  const auto patient = OpenMemoryQueue({.lease = 60s, .max_attempts = 2}, clock_);
  OftenAwayQueue queue(*patient, 2);
  int handled = 0;
  FunctionHandler handler("k", [&handled](const Task&) {
    ++handled;
    return std::vector<Task>{};
  });
  ASSERT_THAT(queue.Push({MakeTask("a", "k")}), IsOk());
  ASSERT_THAT(WorkOnce(queue, {&handler}, "w", 0ms), IsOk());
  EXPECT_EQ(queue.tries(), 3);
  EXPECT_EQ(handled, 1);
  EXPECT_THAT(queue.DoneSet("run").value(), ElementsAre("a"));
}

TEST_F(WorkerTest, AnOutageBeyondTheLeaseIsAnErrorOfTheTurn) {
  OftenAwayQueue queue(*queue_, 1000);
  FunctionHandler handler("k", [](const Task&) { return std::vector<Task>{}; });
  ASSERT_THAT(queue.Push({MakeTask("a", "k")}), IsOk());
  EXPECT_THAT(WorkOnce(queue, {&handler}, "w", 0ms).status(), IsFault(Fault::kServiceAway));
}

TEST_F(WorkerTest, ALostLeaseIsNoErrorOfTheTurn) {
  FunctionHandler handler("k", [this](const Task&) {
    clock_.Advance(30ms);
    EXPECT_TRUE(queue_->Claim({"k"}, "other", 0ms).value().has_value());
    return std::vector<Task>{};
  });
  ASSERT_THAT(queue_->Push({MakeTask("a", "k")}), IsOk());
  EXPECT_THAT(WorkOnce(*queue_, {&handler}, "w", 0ms), IsOk());
  EXPECT_THAT(queue_->DoneSet("run").value(), IsEmpty());
}

/// Counts the heartbeats.
class BeatCountingQueue final : public PassingQueue {
 public:
  using PassingQueue::PassingQueue;
  int beats() {
    const std::lock_guard lock(mutex_);
    return beats_;
  }
  void AwaitBeats(int total) {
    std::unique_lock lock(mutex_);
    beaten_.wait(lock, [this, total] { return beats_ >= total; });
  }
  Status ExtendLease(const Lease& lease) override {
    const std::lock_guard lock(mutex_);
    ++beats_;
    beaten_.notify_all();
    return PassingQueue::ExtendLease(lease);
  }

 private:
  std::mutex mutex_;
  std::condition_variable beaten_;
  int beats_ = 0;
};

TEST_F(WorkerTest, TheLeaseIsKeptAliveWhileTheHandlerWorks) {
  BeatCountingQueue counting(*queue_);
  FunctionHandler handler("k", [&](const Task&) {
    for (int i = 0; i < 3; ++i) {
      clock_.Advance(20ms);  // less than a lease; three times it is more
      counting.AwaitBeats(counting.beats() + 1);
    }
    return std::vector<Task>{};
  });
  ASSERT_THAT(queue_->Push({MakeTask("a", "k")}), IsOk());
  ASSERT_THAT(WorkOnce(counting, {&handler}, "w", 0ms), IsOk());
  EXPECT_THAT(queue_->DoneSet("run").value(), ElementsAre("a"));
}

TEST_F(WorkerTest, TheHeartbeatEndsWithTheLease) {
  BeatCountingQueue counting(*queue_);
  ASSERT_THAT(queue_->Push({MakeTask("a", "k")}), IsOk());
  const Lease lease = **queue_->Claim({"k"}, "w", 0ms);
  clock_.Advance(30ms);
  const Heartbeat heartbeat(counting, lease);
  counting.AwaitBeats(1);  // refused; the thread ends by itself and the destructor joins it
}

}  // namespace
}  // namespace fringewatch
