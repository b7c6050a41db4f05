#include "services/scheduler/app/dispatcher.h"

#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <random>
#include <stdexcept>

#include "common/queue/passing_queue.h"
#include "services/scheduler/app/dispatch_loop.h"
#include "services/scheduler/app/run_tasks.h"
#include "services/scheduler/app/test_cluster.h"
#include "tests/support/seed.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch::scheduler {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class DispatcherTest : public ClusterTest {
 protected:
  RunOutcome PublishedOutcome() {
    const auto publish = std::find_if(workers_.worked.rbegin(), workers_.worked.rend(),
                                      [](const Task& task) { return task.kind == "publish"; });
    EXPECT_NE(publish, workers_.worked.rend());
    return RunOutcomeFromJson(store_->Get(publish->payload).value()).value();
  }
  RunEvent NewestOf(const std::string& run_id) { return *registry_.Get(run_id).value().newest; }
  /// As JobService does it.
  void Resume(const std::string& run_id) {
    const std::vector<DeadTask> letters = queue_->DeadTasks(run_id).value();
    for (const DeadTask& dead : letters) {
      ASSERT_THAT(queue_->Retry(run_id, dead.task.task_id), IsOk());
    }
    ASSERT_THAT(registry_.Append(registry_.Get(run_id).value(), {.kind = RunEvent::Kind::kResumed, .by = "anna"}),
                IsOk());
  }
};

TEST_F(DispatcherTest, ARunGoesFromItsPlanToItsProducts) {
  const RunRecord run = Created(MadeRecord());
  Settle();
  EXPECT_EQ(StateOf(run.run_id), RunState::kSucceeded);
  EXPECT_EQ(workers_.Count("detect"), 6);
  EXPECT_EQ(workers_.Count("patch"), 6);
  EXPECT_EQ(workers_.Count("site"), 6);
  EXPECT_EQ(workers_.Count("publish"), 1);
  EXPECT_EQ(workers_.worked.back().kind, "publish");
  EXPECT_THAT(PublishedOutcome().done_detect_ids, ElementsAreArray(run.detect_task_ids));
  EXPECT_THAT(PublishedOutcome().dead, IsEmpty());
  EXPECT_THAT(NewestOf(run.run_id).reasons, IsEmpty());
  EXPECT_EQ(NewestOf(run.run_id).counts.at("patch").done, 6);
  EXPECT_THAT(queue_->Runs().value(), IsEmpty()) << "a finished run leaves nothing in the queue";
}

TEST_F(DispatcherTest, ItsTasksCarryTheTilesOfThePlan) {
  const RunRecord run = Created(MadeRecord());
  const std::vector<Task> tasks = DetectTasksOf(run).value();
  ASSERT_THAT(tasks, SizeIs(6));
  EXPECT_EQ(tasks[5].payload, R"({"core":[100,200,100,100],"padded":[90,190,110,110]})");
  RunRecord torn = run;
  torn.detect_task_ids.pop_back();
  EXPECT_THAT(DetectTasksOf(torn), IsFault(Fault::kInternal));
}

TEST_F(DispatcherTest, ATileThatCannotBeReadMakesTheRunPartial) {
  const RunRecord run = Created(MadeRecord());
  workers_.answer = [&](const Task& task) {
    return task.task_id == run.detect_task_ids[2] ? Error(Fault::kRasterTruncated, "x.tif") : Status();
  };
  Settle();
  EXPECT_EQ(StateOf(run.run_id), RunState::kPartial);
  EXPECT_THAT(NewestOf(run.run_id).reasons, ElementsAre(AllOf(HasSubstr("x.tif"), HasSubstr(run.detect_task_ids[2]))));
  EXPECT_THAT(PublishedOutcome().done_detect_ids, SizeIs(5));
  ASSERT_THAT(PublishedOutcome().dead, SizeIs(1));
  EXPECT_THAT(PublishedOutcome().dead[0].reason, HasSubstr("FW-2001"));
  EXPECT_THAT(queue_->DeadTasks(run.run_id).value(), SizeIs(1)) << "dead letters stay until the run is resumed";
}

TEST_F(DispatcherTest, AMendedTileCompletesTheRun) {
  const RunRecord run = Created(MadeRecord());
  bool mended = false;
  workers_.answer = [&](const Task& task) {
    return !mended && task.task_id == run.detect_task_ids[2] ? Error(Fault::kRasterTruncated, "x.tif") : Status();
  };
  Settle();
  mended = true;
  workers_.worked.clear();
  Resume(run.run_id);
  Settle();
  EXPECT_EQ(StateOf(run.run_id), RunState::kSucceeded);
  EXPECT_EQ(workers_.Count("detect"), 1);
  EXPECT_EQ(workers_.Count("patch"), 1);
  EXPECT_EQ(workers_.Count("publish"), 1);
  EXPECT_THAT(PublishedOutcome().dead, IsEmpty());
}

TEST_F(DispatcherTest, ResumingWhatStaysBrokenEndsAgain) {
  const RunRecord run = Created(MadeRecord());
  workers_.answer = [&](const Task& task) {
    return task.task_id == run.detect_task_ids[0] ? Error(Fault::kRasterTruncated, "x.tif") : Status();
  };
  Settle();
  workers_.worked.clear();
  Resume(run.run_id);
  Settle();
  EXPECT_EQ(StateOf(run.run_id), RunState::kPartial);
  EXPECT_EQ(NewestOf(run.run_id).number, 3);
  EXPECT_EQ(workers_.Count("publish"), 0) << "the same outcome has its products already";
}

TEST_F(DispatcherTest, WithoutATileOrWithoutProductsTheRunFails) {
  const RunRecord blind = Created(MadeRecord("/data/blind"));
  const RunRecord mute = Created(MadeRecord("/data/mute"));
  workers_.answer = [&](const Task& task) -> Status {
    if (task.kind == "detect" && task.run_id == blind.run_id) return Error(Fault::kRasterTruncated, "x.tif");
    if (task.kind == "publish" && task.run_id == mute.run_id) return Error(Fault::kNotWritable, "disk full");
    return {};
  };
  Settle();
  EXPECT_EQ(StateOf(blind.run_id), RunState::kFailed);
  EXPECT_THAT(NewestOf(blind.run_id).reasons, SizeIs(6));
  EXPECT_EQ(StateOf(mute.run_id), RunState::kFailed);
  EXPECT_THAT(NewestOf(mute.run_id).reasons, ElementsAre(HasSubstr("disk full")));
  workers_.answer = [](const Task&) { return Status(); };
  Resume(mute.run_id);
  Settle();
  EXPECT_EQ(StateOf(mute.run_id), RunState::kSucceeded);
}

TEST_F(DispatcherTest, ReasonsAreNotEndless) {
  RunRecord run = MadeRecord();
  run = PlanRun({.path = "/data/many"}, {.tile_px = 20}, MadeComputing(), OpenMadeStack).value().record;
  Created(run);
  workers_.answer = [](const Task& task) {
    return task.kind == "detect" ? Error(Fault::kRasterTruncated, "x.tif") : Status();
  };
  Settle();
  EXPECT_THAT(NewestOf(run.run_id).reasons, SizeIs(20));
  EXPECT_THAT(NewestOf(run.run_id).reasons.back(), HasSubstr("and 131 more"));
}

TEST_F(DispatcherTest, AnEmergencyStaysOneInAllItsTasks) {
  const RunRecord routine = Created(MadeRecord("/data/routine"));
  ASSERT_THAT(dispatcher_.Step(), IsOk());
  workers_.One();
  const RunRecord emergency = Created(MadeRecord("/data/emergency", Priority::kEmergency));
  while (!StateOf(emergency.run_id)) {
    ASSERT_THAT(dispatcher_.Step(), IsOk());
    ASSERT_TRUE(workers_.One() || StateOf(emergency.run_id));
  }
  // Between its last tile and its products a routine task may slip in: the dispatcher has to look first.
  EXPECT_LE(std::count_if(workers_.worked.begin(), workers_.worked.end(),
                          [&](const Task& task) { return task.run_id == routine.run_id; }),
            2);
}

TEST_F(DispatcherTest, WhatTheStoreSaysIsOverIsForgotten) {
  const RunRecord cancelled = Created(MadeRecord("/data/cancelled"));
  const RunRecord active = Created(MadeRecord("/data/active"));
  ASSERT_THAT(queue_->Push({{.task_id = "t", .run_id = "fffffffffff0", .kind = "detect"}}), IsOk());
  ASSERT_THAT(store_->PutIfAbsent(RecordKey("fffffffffff1"), "{"), IsOk());
  ASSERT_THAT(queue_->Push({{.task_id = "t", .run_id = "fffffffffff1", .kind = "detect"}}), IsOk());
  ASSERT_THAT(dispatcher_.Step(), IsOk());
  ASSERT_THAT(registry_.Append(registry_.Get(cancelled.run_id).value(), {.kind = RunEvent::Kind::kCancelled}), IsOk());
  ASSERT_THAT(dispatcher_.Step(), IsOk());
  EXPECT_THAT(queue_->Runs().value(), testing::UnorderedElementsAre(active.run_id, "fffffffffff0", "fffffffffff1"))
      << "a run that the store does not know, or cannot read now, is left alone";
  Resume(cancelled.run_id);
  Settle();
  EXPECT_EQ(StateOf(cancelled.run_id), RunState::kSucceeded);
}

TEST_F(DispatcherTest, AStoreThatIsGoneForAWhileCostsNothing) {
  const TemporaryFolder folder;
  const std::unique_ptr<Store> store = OpenLocalStore(folder / "s").value();
  RunRegistry before(*store, MadeTime());
  const RunRecord run = MadeRecord();
  ASSERT_THAT(before.Create(run), IsOk());
  ASSERT_THAT(Dispatcher(*queue_, *store, before, metrics_).Step(), IsOk());
  ASSERT_TRUE(workers_.One());
  std::filesystem::rename(folder / "s", folder / "unmounted");
  for (const bool mount_point : {false, true}) {
    if (mount_point) std::filesystem::create_directory(folder / "s");
    for (const auto look : {Dispatcher::Look::kAll, Dispatcher::Look::kActive}) {
      RunRegistry registry(*store, MadeTime());
      (void)Dispatcher(*queue_, *store, registry, metrics_).Step(look);
      EXPECT_THAT(queue_->KnownSet(run.run_id).value(), SizeIs(7)) << mount_point;
    }
  }
  std::filesystem::remove(folder / "s");
  std::filesystem::rename(folder / "unmounted", folder / "s");
  EXPECT_FALSE(before.Get(run.run_id).value().ended());
}

TEST_F(DispatcherTest, ALostQueueIsFilledAgainWheneverItIsLost) {
  for (int lost_after = 0; lost_after < 20; ++lost_after) {
    const RunRecord run = Created(MadeRecord(fmt::format("/data/{}", lost_after)));
    Dispatcher restarted(*queue_, *store_, registry_, metrics_);
    for (int i = 0; i < lost_after; ++i) {
      ASSERT_THAT(restarted.Step(), IsOk());
      workers_.One();
    }
    ASSERT_THAT(queue_->Forget(run.run_id), IsOk());
    Settle();
    EXPECT_EQ(StateOf(run.run_id), RunState::kSucceeded) << lost_after;
    EXPECT_THAT(PublishedOutcome().done_detect_ids, ElementsAreArray(run.detect_task_ids));
  }
}

/// Passes every call on, and does something just before the n-th one.
class InterruptedQueue final : public Queue {
 public:
  InterruptedQueue(Queue& queue, int at, std::function<void()> interruption)
      : queue_(queue), left_(at), interruption_(std::move(interruption)) {}
  Status Push(const std::vector<Task>& tasks) override { return Next().Push(tasks); }
  StatusOr<std::optional<Lease>> Claim(const std::vector<std::string>& kinds, const std::string& consumer,
                                       std::chrono::milliseconds wait) override {
    return Next().Claim(kinds, consumer, wait);
  }
  std::chrono::milliseconds lease_time() const override { return queue_.lease_time(); }
  Status ExtendLease(const Lease& lease) override { return Next().ExtendLease(lease); }
  Status Commit(const Lease& lease, const std::vector<Task>& tasks) override { return Next().Commit(lease, tasks); }
  Status Fail(const Lease& lease, const Status& why) override { return Next().Fail(lease, why); }
  Status Return(const Lease& lease) override { return Next().Return(lease); }
  Status Retry(const std::string& run, const std::string& task) override { return Next().Retry(run, task); }
  Status Forget(const std::string& run) override { return Next().Forget(run); }
  StatusOr<std::vector<std::string>> Runs() const override { return Next().Runs(); }
  StatusOr<std::set<std::string>> KnownSet(const std::string& run) const override { return Next().KnownSet(run); }
  StatusOr<std::set<std::string>> DoneSet(const std::string& run) const override { return Next().DoneSet(run); }
  StatusOr<std::vector<DeadTask>> DeadTasks(const std::string& run) const override { return Next().DeadTasks(run); }
  StatusOr<CountsByKind> Counts(const std::string& run) const override { return Next().Counts(run); }
  StatusOr<std::vector<LineState>> Lines() const override { return Next().Lines(); }
  Status Leave(const std::string& consumer) override { return Next().Leave(consumer); }
  bool interrupted() const { return left_ < 0; }

 private:
  Queue& Next() const {
    if (left_-- == 0) interruption_();
    return queue_;
  }
  Queue& queue_;
  mutable int left_;
  std::function<void()> interruption_;
};

TEST_F(DispatcherTest, TwoAtOnceAreHarmlessWhereverTheyMeet) {
  // One scheduler stops in front of its n-th call to the queue; meanwhile another one and the workers go on.
  int met = 0;
  for (const int others_steps : {1, 4, 100}) {
    int pushed_again = 0;
    for (int n = 0; n < 40; ++n) {
      const RunRecord run = Created(MadeRecord(fmt::format("/data/{}x{}", others_steps, n)));
      Dispatcher other(*queue_, *store_, registry_, metrics_);
      InterruptedQueue interrupted(*queue_, n, [&] {
        for (int i = 0; i < others_steps; ++i) {
          ASSERT_THAT(other.Step(), IsOk());
          workers_.One();
        }
      });
      Dispatcher slow(interrupted, *store_, registry_, metrics_);
      workers_.worked.clear();
      for (int i = 0; i < 30; ++i) {
        ASSERT_THAT(slow.Step(), IsOk());
        workers_.One();
      }
      Settle();
      met += interrupted.interrupted() ? 1 : 0;
      EXPECT_EQ(StateOf(run.run_id), RunState::kSucceeded) << n;
      EXPECT_EQ(workers_.Count("publish"), 1) << n;
      EXPECT_THAT(queue_->Runs().value(), IsEmpty()) << n;
      pushed_again += workers_.Count("detect") > 6 ? 1 : 0;
    }
    // Only in front of the push itself, when the other one ends the whole run meanwhile: workers answer from the store.
    EXPECT_LE(pushed_again, 1);
  }
  EXPECT_GT(met, 60);
}

TEST_F(DispatcherTest, OfTwoAtOnceOneEndsTheRun) {
  int met = 0;
  for (int n = 0; n < 12; ++n) {
    const RunRecord run = Created(MadeRecord(fmt::format("/data/{}", n)));
    for (int i = 0; i < 2; ++i) {
      ASSERT_THAT(dispatcher_.Step(), IsOk());
      workers_.All();
    }
    InterruptedQueue interrupted(*queue_, n, [&] { ASSERT_THAT(dispatcher_.Step(), IsOk()); });
    ASSERT_THAT(Dispatcher(interrupted, *store_, registry_, metrics_).Step(), IsOk());
    met += interrupted.interrupted() ? 1 : 0;
    EXPECT_THAT(store_->List(EventPrefix(run.run_id)).value(), SizeIs(1)) << n;
    EXPECT_EQ(NewestOf(run.run_id).counts.at("patch").done, 6) << n;
  }
  EXPECT_GE(met, 6);
}

TEST_F(DispatcherTest, AResumeDuringTheLastStepIsNotLost) {
  int met = 0;
  for (int n = 0; n < 12; ++n) {
    const RunRecord run = Created(MadeRecord(fmt::format("/data/{}", n)));
    bool mended = false;
    workers_.answer = [&](const Task& task) {
      return !mended && task.task_id == run.detect_task_ids[2] ? Error(Fault::kRasterTruncated, "x.tif") : Status();
    };
    ASSERT_THAT(dispatcher_.Step(), IsOk());
    workers_.All();
    ASSERT_THAT(dispatcher_.Step(), IsOk());
    workers_.All();  // published; the next step ends the run
    InterruptedQueue interrupted(*queue_, n, [&] {
      mended = true;
      Resume(run.run_id);
    });
    Dispatcher last(interrupted, *store_, registry_, metrics_);
    ASSERT_THAT(last.Step(), IsOk());
    if (!interrupted.interrupted()) Resume(run.run_id);
    mended = true;
    met += interrupted.interrupted() ? 1 : 0;
    Settle();
    EXPECT_EQ(StateOf(run.run_id), RunState::kSucceeded) << n;
  }
  EXPECT_GE(met, 6);
}

/// Throws at its first call.
class BrokenQueue final : public PassingQueue {
 public:
  using PassingQueue::PassingQueue;
  StatusOr<std::vector<std::string>> Runs() const override {
    if (!thrown_.exchange(true)) throw std::length_error("an answer that nobody expected");
    return PassingQueue::Runs();
  }

 private:
  mutable std::atomic<bool> thrown_ = false;
};

TEST_F(DispatcherTest, AnExceptionDoesNotEndTheLoop) {
  BrokenQueue broken(*queue_);
  Dispatcher dispatcher(broken, *store_, registry_, metrics_);
  WakeUp wake_up;
  std::promise<Status> first, second;
  int steps = 0;
  DispatchLoop loop(dispatcher, wake_up, {std::chrono::milliseconds(1), std::chrono::milliseconds(20)},
                    [&](const Status& status) {
                      if (++steps <= 2) (steps == 1 ? first : second).set_value(status);
                    });
  EXPECT_THAT(first.get_future().get(), IsFault(Fault::kInternal));
  EXPECT_THAT(second.get_future().get(), IsOk());
}

TEST_F(DispatcherTest, ThreadsOfSchedulersAndWorkersEndEveryRun) {
  std::mt19937_64 random(TestSeed(11));
  std::set<std::string> runs;
  for (int i = 0; i < 12; ++i) {
    runs.insert(
        Created(MadeRecord(fmt::format("/data/{}", random()), i % 3 == 0 ? Priority::kEmergency : Priority::kRoutine))
            .run_id);
  }
  std::atomic<bool> ended = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      RunRegistry registry(*store_, MadeTime());
      Dispatcher dispatcher(*queue_, *store_, registry, metrics_);
      WakeUp wake_up;
      bool all = false;
      DispatchLoop loop(dispatcher, wake_up, {std::chrono::milliseconds(1), std::chrono::milliseconds(20)},
                        [&](const Status& status) { EXPECT_THAT(status, IsOk()); });
      while (!all) {
        all = true;
        for (const std::string& id : runs) all = all && registry.Get(id).value().ended().has_value();
        wake_up.Ring();
        std::this_thread::yield();
      }
      ended = true;
    });
    threads.emplace_back([&] {
      MadeWorkers workers(*queue_);
      while (!ended) {
        if (!workers.One()) std::this_thread::yield();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& id : runs) EXPECT_EQ(StateOf(id), RunState::kSucceeded);
}

}  // namespace
}  // namespace fringewatch::scheduler
