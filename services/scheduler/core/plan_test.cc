#include "services/scheduler/core/plan.h"

#include <gtest/gtest.h>

#include <set>

namespace fringewatch::scheduler {
namespace {

Track SomeTrack() {
  Track track;
  track.name = "005A";
  track.format = "licsar";
  track.grid = {.rows = 100, .cols = 250, .x0 = 1.5, .y0 = 2.5, .dx = 0.001, .dy = -0.001};
  track.wavelength_m = 0.0554658;
  track.pairs = {{Date{100}, Date{112}}, {Date{112}, Date{124}}};
  track.inputs = {{"/data/a/x.tif", "phase"}, {"/data/a/y.tif", "phase"}};
  return track;
}

RunSpec SomeSpec() {
  RunSpec spec;
  spec.track_identity = TrackIdentity(SomeTrack());
  spec.options = {{"threshold", "0.5"}, {"precision", "fp32"}};
  spec.model_hashes = {"aa", "bb"};
  spec.version = "0.1.0";
  spec.tile_px = 64;
  spec.halo_px = 16;
  return spec;
}

TEST(Plan, TilesCoverTheFrameAndIdsAreUnique) {
  const auto tasks = PlanDetectTasks(SomeSpec(), SomeTrack().grid);
  ASSERT_TRUE(tasks.ok());
  ASSERT_EQ(tasks->size(), 2u * 4u);
  std::set<std::string> ids;
  long pixels = 0;
  for (const DetectTask& task : *tasks) {
    EXPECT_EQ(task.task_id.size(), 32u);
    EXPECT_EQ(task.task_id.find_first_not_of("0123456789abcdef"), std::string::npos);
    ids.insert(task.task_id);
    pixels += task.tile.core.pixels();
  }
  EXPECT_EQ(ids.size(), tasks->size());
  EXPECT_EQ(pixels, 100L * 250L);
}

TEST(Plan, EqualInputsGiveEqualIds) {
  const auto one = PlanDetectTasks(SomeSpec(), SomeTrack().grid);
  const auto two = PlanDetectTasks(SomeSpec(), SomeTrack().grid);
  ASSERT_TRUE(one.ok() && two.ok());
  for (size_t i = 0; i < one->size(); ++i) EXPECT_EQ((*one)[i].task_id, (*two)[i].task_id);
}

TEST(Plan, EveryPartOfTheSpecChangesTheRun) {
  std::set<std::string> hashes{RunHash(SomeSpec())};
  const auto changed = [&hashes](auto change) {
    RunSpec spec = SomeSpec();
    change(spec);
    return hashes.insert(RunHash(spec)).second;
  };
  EXPECT_TRUE(changed([](RunSpec& s) { s.track_identity += "x"; }));
  EXPECT_TRUE(changed([](RunSpec& s) { s.options["threshold"] = "0.6"; }));
  EXPECT_TRUE(changed([](RunSpec& s) { s.options["more"] = ""; }));
  EXPECT_TRUE(changed([](RunSpec& s) { s.model_hashes[1] = "bc"; }));
  EXPECT_TRUE(changed([](RunSpec& s) { s.version = "0.1.1"; }));
  EXPECT_TRUE(changed([](RunSpec& s) { s.tile_px = 65; }));
  EXPECT_TRUE(changed([](RunSpec& s) { s.halo_px = 17; }));
}

TEST(Plan, TheIdentityOfATrackIsItsContentNotItsFolder) {
  Track copy = SomeTrack();
  copy.inputs = {{"/elsewhere/y.tif", "phase"}, {"/elsewhere/x.tif", "phase"}};
  EXPECT_EQ(TrackIdentity(copy), TrackIdentity(SomeTrack()));
  Track fewer = SomeTrack();
  fewer.inputs[1].verdict = InputRecord::Verdict::kRejected;
  EXPECT_NE(TrackIdentity(fewer), TrackIdentity(SomeTrack()));
  Track shifted = SomeTrack();
  shifted.grid.x0 += 1e-9;
  EXPECT_NE(TrackIdentity(shifted), TrackIdentity(SomeTrack()));
  Track later = SomeTrack();
  later.pairs[1].date2 = Date{136};
  EXPECT_NE(TrackIdentity(later), TrackIdentity(SomeTrack()));
}

TEST(Plan, TheSpecOfARunIsMadeOfWhatDecidesItsProducts) {
  const RunSpec spec = MakeSpec(SomeTrack(), 0.25, "cpu bf16", {"aa", "bb"}, 512, 64);
  EXPECT_EQ(spec.track_identity, TrackIdentity(SomeTrack()));
  EXPECT_EQ(spec.options, (std::map<std::string, std::string>{{"compute", "cpu bf16"}, {"threshold", "0.25"}}));
  EXPECT_EQ(spec.model_hashes, (std::vector<std::string>{"aa", "bb"}));
  EXPECT_FALSE(spec.version.empty());
  EXPECT_EQ(spec.tile_px, 512);
  EXPECT_EQ(spec.halo_px, 64);
  EXPECT_EQ(RunId(spec), RunHash(spec).substr(0, 12));
}

TEST(Plan, RunStageAndPlaceAllNameTheTask) {
  const std::string run = RunHash(SomeSpec());
  const std::set<std::string> ids{TaskId(run, "detect", "t 1"), TaskId(run, "detect", "t 2"),
                                  TaskId(run, "patch", "t 1"), TaskId(run + "x", "detect", "t 1")};
  EXPECT_EQ(ids.size(), 4u);
}

TEST(Plan, ImpossibleTilesAreRefused) {
  RunSpec spec = SomeSpec();
  spec.tile_px = 0;
  EXPECT_EQ(PlanDetectTasks(spec, SomeTrack().grid).status().code(), StatusCode::kInvalidArgument);
  spec = SomeSpec();
  spec.halo_px = -1;
  EXPECT_EQ(PlanDetectTasks(spec, SomeTrack().grid).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace fringewatch::scheduler
