/// What the scheduler's tests stand on: a queue and a store in memory, made stacks, and workers that do nothing.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/hash.h"
#include "common/queue/queue.h"
#include "common/queue/task_id.h"
#include "common/store/store.h"
#include "services/scheduler/app/dispatcher.h"
#include "services/scheduler/app/plan_run.h"
#include "services/scheduler/app/run_registry.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"

namespace fringewatch::scheduler {

/// A stack without pixels. The name of its folder says how many inputs are rejected: "/data/track-2".
class MadeStack final : public StackReader {
 public:
  explicit MadeStack(const StackSource& source) {
    track_.name = source.track_name.empty() ? source.path.substr(source.path.rfind('/') + 1) : source.track_name;
    track_.format = "licsar";
    track_.grid = {.rows = 200, .cols = 300, .x0 = 1.5, .y0 = 2.5, .dx = 0.001, .dy = -0.001};
    track_.wavelength_m = 0.0554658;
    track_.pairs = {{Date{100}, Date{112}}, {Date{112}, Date{124}}};
    track_.has_coherence = true;
    track_.inputs = {{source.path + "/a.tif", "phase"}, {source.path + "/b.tif", "phase"}};
    const size_t dash = source.path.rfind('-');
    const int rejected = dash == std::string::npos ? 0 : std::stoi(source.path.substr(dash + 1));
    for (int i = 0; i < rejected; ++i) {
      track_.inputs.push_back({fmt::format("{}/bad{}.tif", source.path, i), "phase", InputRecord::Verdict::kRejected,
                               "FW-2001 raster truncated: half of it is missing"});
    }
  }
  const Track& track() const override { return track_; }
  StatusOr<PairRaster> ReadPair(int, const Window&) const override { return PairRaster{}; }
  StatusOr<Array2<float>> ReadHeight(const Window&) const override { return Array2<float>{}; }

 private:
  Track track_;
};

inline StatusOr<std::unique_ptr<StackReader>> OpenMadeStack(const StackSource& source) {
  if (source.path.find("nothing") != std::string::npos) {
    return Error(Fault::kStackEmpty, "{}: no interferogram in it", source.path);
  }
  return std::make_unique<MadeStack>(source);
}

inline Computing MadeComputing() {
  return {.compute = "cpu fp32",
          .detector_models = {"d1", "d2"},
          .unwrapper_models = {"u1"},
          .operating_points = {{0.4, 0.5, 1.0}, {0.8, 0.1, 0.97}}};
}

/// 2 x 3 tiles.
inline RunRecord MadeRecord(const std::string& path = "/data/005A", Priority priority = Priority::kRoutine) {
  PlannedRun plan = PlanRun({.path = path}, {.tile_px = 100, .halo_px = 10}, MadeComputing(), OpenMadeStack).value();
  plan.record.priority = priority;
  plan.record.submitted_at = "2026-11-21T15:04:05.000Z";
  plan.record.submitted_by = "anna";
  return plan.record;
}

/// Claims, pretends to work, commits. A tile has one site; a patch one result.
class MadeWorkers {
 public:
  explicit MadeWorkers(Queue& queue) : queue_(queue) {}
  /// What a task answers; OK unless said otherwise.
  std::function<Status(const Task&)> answer = [](const Task&) { return Status(); };
  std::vector<Task> worked;  ///< in order

  /// False when there was nothing to claim.
  bool One(const std::vector<std::string>& kinds = {"publish", "site", "patch", "detect"}) {
    const auto lease = queue_.Claim(kinds, "worker", std::chrono::milliseconds(0));
    EXPECT_THAT(lease, IsOk());
    if (!lease.ok() || !*lease) return false;
    const Task& task = (*lease)->task;
    worked.push_back(task);
    const Status status = answer(task);
    if (!status.ok()) {
      EXPECT_THAT(queue_.Fail(**lease, status), IsOk());
      return true;
    }
    const Status committed = queue_.Commit(**lease, FollowUps(task));
    EXPECT_TRUE(committed.ok() || committed.code() == CodeOf(Fault::kLeaseLost)) << MessageOf(committed);
    return true;
  }
  void All() {
    while (One()) {
    }
  }
  int Count(const std::string& kind) const {
    return static_cast<int>(std::count_if(worked.begin(), worked.end(), [&](const Task& t) { return t.kind == kind; }));
  }

 private:
  static std::vector<Task> FollowUps(const Task& task) {
    const std::string kind = task.kind == "detect" ? "patch" : task.kind == "patch" ? "site" : "";
    if (kind.empty()) return {};
    return {{.task_id = FollowUpId(task.task_id, kind, 0),
             .run_id = task.run_id,
             .kind = kind,
             .priority = task.priority,
             .payload = "{}"}};
  }
  Queue& queue_;
};

/// A deployment without processes. Each question for the time is a millisecond later.
class ClusterTest : public testing::Test {
 protected:
  RunRegistry::Now MadeTime() {
    return [this] {
      const std::lock_guard lock(time_mutex_);
      return std::chrono::system_clock::time_point(std::chrono::milliseconds(1'800'000'000'000 + ++milliseconds_));
    };
  }
  /// How a run has ended; none while it goes on.
  std::optional<RunState> StateOf(const std::string& run_id) { return registry_.Get(run_id).value().ended(); }
  RunRecord Created(const RunRecord& record) {
    EXPECT_THAT(registry_.Create(record), IsOk());
    return record;
  }
  /// Dispatches and works until nothing happens any more.
  void Settle() {
    do {
      EXPECT_THAT(dispatcher_.Step(), IsOk());
    } while (workers_.One());
    for (int i = 0; i < 3; ++i) {
      workers_.All();
      EXPECT_THAT(dispatcher_.Step(), IsOk());
    }
  }

  std::mutex time_mutex_;
  long milliseconds_ = 0;
  FakeClock clock_;
  std::unique_ptr<Queue> queue_ = OpenMemoryQueue({.max_attempts = 2}, clock_);
  std::unique_ptr<Store> store_ = OpenMemoryStore();
  RunRegistry registry_{*store_, MadeTime()};
  service::Metrics metrics_{"scheduler"};
  Dispatcher dispatcher_{*queue_, *store_, registry_, metrics_};
  MadeWorkers workers_{*queue_};
};

}  // namespace fringewatch::scheduler
