#include "services/scheduler/app/plan_run.h"

#include <gmock/gmock.h>

#include "services/scheduler/app/job_messages.h"
#include "services/scheduler/app/test_cluster.h"
#include "services/scheduler/core/plan.h"

namespace fringewatch::scheduler {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(PlanRun, NamesTheRunByEverythingThatDecidesItsProducts) {
  const RunPolicy policy{.threshold = 0.25, .tile_px = 100, .halo_px = 10};
  const PlannedRun plan = PlanRun({.path = "/data/005A"}, policy, MadeComputing(), OpenMadeStack).value();
  const RunSpec spec = MakeSpec(plan.track, 0.25, "cpu fp32", {"d1", "d2", "u1"}, 100, 10);
  EXPECT_EQ(plan.record.run_id, RunId(spec));
  EXPECT_EQ(plan.record.spec_json, ToJson(spec));
  EXPECT_EQ(plan.record.track, "005A");
  EXPECT_EQ(plan.record.detect_task_ids.size(), 6u);
  EXPECT_EQ(plan.record.detect_task_ids[0], PlanDetectTasks(spec, plan.track.grid).value()[0].task_id);
  EXPECT_THAT(plan.record.detector_models, ElementsAre("d1", "d2"));
  EXPECT_EQ(plan.record.pairs, 2);
}

TEST(PlanRun, TheFalseSitesThatAreAskedForDecideTheThreshold) {
  const auto planned = [](double false_sites) {
    return PlanRun({.path = "/data/005A"}, {.false_sites = false_sites}, MadeComputing(), OpenMadeStack);
  };
  const RunPolicy same{.threshold = 0.8};
  const PlannedRun by_threshold = PlanRun({.path = "/data/005A"}, same, MadeComputing(), OpenMadeStack).value();
  EXPECT_EQ(planned(0.2).value().record.threshold, 0.8);
  EXPECT_EQ(planned(0.2).value().record.run_id, by_threshold.record.run_id) << "the same products, the same run";
  EXPECT_THAT(planned(0.01), IsFault(Fault::kBadOption));
}

TEST(PlanRun, PassesOnWhyAStackCannotBeOpened) {
  EXPECT_THAT(PlanRun({.path = "/data/nothing"}, {}, MadeComputing(), OpenMadeStack), IsFault(Fault::kStackEmpty));
}

TEST(PlanRun, RejectedInputsAreListedTogether) {
  const auto track = [](int rejected) { return MadeStack({.path = fmt::format("/data/x-{}", rejected)}).track(); };
  EXPECT_THAT(CheckInputs(track(0), false), IsOk());
  EXPECT_THAT(CheckInputs(track(3), true), IsOk());
  const Status three = CheckInputs(track(3), false);
  EXPECT_THAT(three, IsFault(Fault::kInputRejected));
  for (const char* file : {"bad0.tif", "bad1.tif", "bad2.tif"}) EXPECT_THAT(MessageOf(three), HasSubstr(file));
  const Status many = CheckInputs(track(150), false);
  EXPECT_THAT(MessageOf(many), HasSubstr("and 50 more"));
  EXPECT_THAT(MessageOf(many), Not(HasSubstr("bad100.tif")));
}

TEST(PlanRun, EstimatesTheWork) {
  const PlannedRun plan =
      PlanRun({.path = "/data/005A"}, {.tile_px = 300, .halo_px = 10}, MadeComputing(), OpenMadeStack).value();
  const WorkEstimate work = EstimateWork(plan);
  EXPECT_EQ(work.tiles, 1);
  EXPECT_EQ(work.pixels_to_scan, 200L * 300 * 2);
  EXPECT_EQ(work.bytes_to_read, 200L * 300 * 2 * 8);
  const v1::PlanTrackResponse message = ToMessage(plan, 0.05);
  EXPECT_EQ(message.detection_time().seconds(), 2);
  EXPECT_EQ(message.detection_time().nanos(), 400'000'000);
  EXPECT_EQ(message.tiles(), 1);
  EXPECT_EQ(message.run_id(), plan.record.run_id);
}

TEST(PlanRun, ManyInputsFitIntoOneMessage) {
  PlannedRun plan = PlanRun({.path = "/data/x-3"}, {}, MadeComputing(), OpenMadeStack).value();
  for (int i = 0; i < 9000; ++i) {
    plan.track.inputs.push_back({std::string(3000, 'a') + "\xff", "phase"});
  }
  const v1::PlanTrackResponse message = ToMessage(plan, 1);
  EXPECT_LT(message.ByteSizeLong(), 4U << 20U);
  EXPECT_GT(message.inputs_size(), 500);
  EXPECT_EQ(message.accepted(), 9002);
  EXPECT_EQ(message.rejected(), 3);
  EXPECT_EQ(message.inputs(0).verdict(), v1::Input::REJECTED);
  std::string bytes;
  EXPECT_TRUE(message.SerializeToString(&bytes));
  EXPECT_TRUE(v1::PlanTrackResponse().ParseFromString(bytes)) << "text that is no UTF-8 would not be read";
}

}  // namespace
}  // namespace fringewatch::scheduler
