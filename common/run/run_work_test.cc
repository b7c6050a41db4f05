#include "common/run/run_work.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/version.h"
#include "tests/support/status_matchers.h"

namespace fringewatch {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// Runs that count how often they are opened and dropped.
class CountedRuns final : public OpenRuns {
 public:
  explicit CountedRuns(OpenRun run) : run_(std::make_shared<OpenRun>(std::move(run))) {}
  StatusOr<std::shared_ptr<const OpenRun>> Open(const std::string& run_id) override {
    if (run_id != run_->record.run_id) return Error(Fault::kUnknownName, "{}", run_id);
    return std::shared_ptr<const OpenRun>(run_);
  }
  void Drop(const std::string&) override { ++drops; }
  int drops = 0;

 private:
  std::shared_ptr<OpenRun> run_;
};

OpenRun SomeRun() {
  OpenRun run;
  run.record.run_id = "ab12";
  run.record.compute = "cpu bf16";
  run.record.version = kVersion;
  run.record.detector_models = {"d1", "d2"};
  run.record.unwrapper_models = {"u1"};
  return run;
}

const WorkerKit kDetector{"cpu bf16", {"d1", "d2"}};

StatusOr<std::vector<Task>> Work(OpenRuns& runs, const WorkerKit& kit, const Status& outcome = {}) {
  return WorkOnRun(runs, {.task_id = "t", .run_id = "ab12", .kind = "detect"}, kit, &RunRecord::detector_models,
                   [&](const OpenRun& run) -> StatusOr<std::vector<Task>> {
                     if (!outcome.ok()) return outcome;
                     return std::vector<Task>{{.run_id = run.record.run_id}};
                   });
}

TEST(RunWork, AFittingWorkerGetsTheOpenRun) {
  CountedRuns runs(SomeRun());
  const auto follow_ups = Work(runs, kDetector);
  ASSERT_THAT(follow_ups, IsOk());
  EXPECT_EQ(follow_ups->front().run_id, "ab12");
  EXPECT_EQ(runs.drops, 0);
}

TEST(RunWork, AWorkerOfAnotherVersionIsUnfit) {
  OpenRun run = SomeRun();
  run.record.version = "0.0.7";
  CountedRuns runs(std::move(run));
  const Status status = Work(runs, kDetector).status();
  EXPECT_THAT(status, IsFault(Fault::kWorkerUnfit));
  EXPECT_THAT(MessageOf(status), AllOf(HasSubstr("0.0.7"), HasSubstr(kVersion)));
}

TEST(RunWork, AnUnfitWorkerSaysWhatBothHave) {
  CountedRuns runs(SomeRun());
  const Status compute = Work(runs, {"cuda bf16", {"d1", "d2"}}).status();
  EXPECT_THAT(compute, IsFault(Fault::kWorkerUnfit));
  EXPECT_THAT(MessageOf(compute), AllOf(HasSubstr("cuda bf16"), HasSubstr("cpu bf16")));
  const Status models = Work(runs, {"cpu bf16", {"d1", "d3"}}).status();
  EXPECT_THAT(models, IsFault(Fault::kWorkerUnfit));
  EXPECT_THAT(MessageOf(models), AllOf(HasSubstr("d1, d2"), HasSubstr("d1, d3")));
}

TEST(RunWork, AFailureDropsTheRun) {
  CountedRuns runs(SomeRun());
  EXPECT_THAT(Work(runs, kDetector, Error(Fault::kRasterTruncated, "pair 1")), IsFault(Fault::kRasterTruncated));
  EXPECT_EQ(runs.drops, 1);
}

}  // namespace
}  // namespace fringewatch
