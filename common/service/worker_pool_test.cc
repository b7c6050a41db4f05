#include "common/service/worker_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <future>
#include <mutex>
#include <new>
#include <stdexcept>
#include <thread>

#include "common/queue/passing_queue.h"
#include "common/service/shutdown.h"
#include "tests/support/status_matchers.h"

namespace fringewatch::service {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;

class FunctionHandler final : public TaskHandler {
 public:
  using Function = std::function<StatusOr<std::vector<Task>>(const Task&)>;
  explicit FunctionHandler(Function function) : function_(std::move(function)) {}
  std::string kind() const override { return "detect"; }
  StatusOr<std::vector<Task>> Handle(const Task& task) override { return function_(task); }

 private:
  Function function_;
};

std::vector<Task> Tasks(int number) {
  std::vector<Task> tasks;
  for (int i = 0; i < number; ++i)
    tasks.push_back({.task_id = fmt::format("t{}", i), .run_id = "run", .kind = "detect"});
  return tasks;
}

/// Refuses its first claims, as a lost Redis does; the last of them throws.
class LateQueue final : public PassingQueue {
 public:
  LateQueue(Queue& queue, int refusals) : PassingQueue(queue), refusals_(refusals) {}
  StatusOr<std::optional<Lease>> Claim(const std::vector<std::string>& kinds, const std::string& consumer,
                                       std::chrono::milliseconds wait) override {
    const int left = refusals_--;
    if (left == 1) throw std::length_error("an answer that nobody expected");
    if (left > 0) return Error(Fault::kServiceAway, "gone");
    return PassingQueue::Claim(kinds, consumer, wait);
  }
  Status Leave(const std::string& consumer) override {
    const std::lock_guard lock(mutex_);
    left_.insert(consumer);
    return PassingQueue::Leave(consumer);
  }
  std::set<std::string> left() const {
    const std::lock_guard lock(mutex_);
    return left_;
  }

 private:
  std::atomic<int> refusals_;
  mutable std::mutex mutex_;
  std::set<std::string> left_;
};

class WorkerPoolTest : public testing::Test {
 protected:
  ~WorkerPoolTest() override { ForgetDraining(); }
  std::string MetricsText() { return prometheus::TextSerializer().Serialize(metrics_.registry()->Collect()); }

  SteadyClock clock_;
  std::unique_ptr<Queue> queue_ = OpenMemoryQueue({.lease = 60s, .max_attempts = 2}, clock_);
  Metrics metrics_{"detector"};
};

TEST_F(WorkerPoolTest, ThreadsWorkTogetherOutliveALostQueueAndLeaveIt) {
  LateQueue late(*queue_, 3);
  ASSERT_THAT(queue_->Push(Tasks(6)), IsOk());
  std::atomic<int> handled = 0;
  std::promise<void> both_at_work;
  std::atomic<int> at_work = 0;
  FunctionHandler handler([&](const Task&) {
    // The first task waits until a second thread has one too.
    if (++at_work == 2) both_at_work.set_value();
    while (at_work < 2) std::this_thread::yield();
    if (++handled == 6) AskToDrain();
    return std::vector<Task>{};
  });
  WorkUntilDrained(late, {&handler}, {.name = "w", .threads = 2}, metrics_);
  EXPECT_EQ(both_at_work.get_future().wait_for(0s), std::future_status::ready);
  EXPECT_EQ(queue_->DoneSet("run")->size(), 6U);
  EXPECT_THAT(late.left(), testing::ElementsAre("w/0", "w/1"));
  EXPECT_THAT(MetricsText(),
              AllOf(HasSubstr("fringewatch_stage_tasks_in_total{stage=\"detect\"} 6\n"),
                    HasSubstr("fringewatch_stage_tasks_in_progress{stage=\"detect\"} 0\n"),
                    HasSubstr("fringewatch_stage_tasks_done_total{result=\"ok\",stage=\"detect\"} 6\n")));
}

TEST_F(WorkerPoolTest, WhatIsAtHandIsFinishedAndNothingMoreIsClaimed) {
  ASSERT_THAT(queue_->Push(Tasks(2)), IsOk());
  FunctionHandler handler([&](const Task&) {
    AskToDrain();
    return std::vector<Task>{};
  });
  WorkUntilDrained(*queue_, {&handler}, {.name = "w"}, metrics_);
  EXPECT_EQ(queue_->DoneSet("run")->size(), 1U);
  EXPECT_EQ(Total(*queue_->Counts("run")).queued, 1);
}

TEST_F(WorkerPoolTest, AHandlerThatThrowsHasFailed) {
  ASSERT_THAT(queue_->Push(Tasks(2)), IsOk());
  std::atomic<int> calls = 0;
  FunctionHandler handler([&](const Task& task) -> StatusOr<std::vector<Task>> {
    if (++calls == 3) AskToDrain();
    if (task.task_id == "t0") throw std::runtime_error("broken");
    throw std::bad_alloc();
  });
  WorkUntilDrained(*queue_, {&handler}, {.name = "w"}, metrics_);
  const auto dead = queue_->DeadTasks("run").value();
  ASSERT_EQ(dead.size(), 2U);
  EXPECT_THAT(dead[0].status, IsFault(Fault::kInternal));
  EXPECT_THAT(MessageOf(dead[0].status), HasSubstr("broken"));
  EXPECT_THAT(dead[1].status, IsFault(Fault::kOutOfMemory)) << "after two attempts";
  EXPECT_THAT(MetricsText(), HasSubstr("retries_total{reason=\"RESOURCE_EXHAUSTED\",stage=\"detect\"} 2\n"));
}

// In a process of its own, since it ends: what it says of the queue when it does stands on stderr.
TEST(WorkerPoolDeathTest, ATaskThatDoesNotEndWithinTheGraceIsGivenBack) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        SteadyClock clock;
        Metrics metrics("detector");
        const auto queue = OpenMemoryQueue({.lease = 60s}, clock);
        (void)queue->Push(Tasks(1));
        FunctionHandler handler([](const Task&) -> StatusOr<std::vector<Task>> {
          AskToDrain();
          std::promise<void>().get_future().wait_for(1h);
          return std::vector<Task>{};
        });
        WorkUntilDrained(*queue, {&handler}, {.name = "w", .drain_grace_s = 0.05}, metrics);
        std::exit(1);
      },
      testing::ExitedWithCode(0), "task given back.*\"task_id\":\"t0\".*\"status\":\"OK\"");
}

TEST(WorkerNameTest, NamesHostProcessAndAnotherDraw) {
  EXPECT_THAT(DefaultWorkerName(), MatchesRegex(".+-[0-9]+-[0-9][0-9][0-9][0-9]"));
}

}  // namespace
}  // namespace fringewatch::service
