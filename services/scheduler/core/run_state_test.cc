#include "services/scheduler/core/run_state.h"

#include <gtest/gtest.h>

namespace fringewatch::scheduler {
namespace {

TEST(RunState, ARunIsThroughWhenEveryPlannedTaskIsDoneOrDead) {
  EXPECT_FALSE(AllEnded({"a", "b", "c"}, {"b"}, {"c"}));
  EXPECT_TRUE(AllEnded({"a", "b", "c"}, {"a", "b"}, {"c"}));
  EXPECT_TRUE(AllEnded({"a"}, {"a"}, {"a"})) << "one that died and was then done";
  EXPECT_FALSE(AllEnded({"a"}, {"x"}, {"y"})) << "others do not count";
  EXPECT_TRUE(AllEnded({}, {}, {}));
}

TEST(RunState, HasNames) {
  EXPECT_EQ(NameOf(RunState::kSucceeded), "SUCCEEDED");
  EXPECT_EQ(NameOf(RunState::kPartial), "PARTIAL");
  EXPECT_EQ(NameOf(RunState::kFailed), "FAILED");
  EXPECT_EQ(NameOf(RunState::kUnwrapping), "UNWRAPPING");
  for (const RunState state : {RunState::kQueued, RunState::kDetecting, RunState::kAggregating, RunState::kCancelled}) {
    EXPECT_EQ(RunStateOf(NameOf(state)), state);
  }
  EXPECT_EQ(RunStateOf("MELTED"), std::nullopt);
}

TEST(RunState, TheStageIsTheFirstThatIsOpen) {
  RunCounts counts;
  EXPECT_EQ(StageOf(4, counts), RunState::kQueued);
  counts.tiles = {.queued = 4};
  EXPECT_EQ(StageOf(4, counts), RunState::kQueued);
  counts.tiles = {.queued = 3, .leased = 1};
  EXPECT_EQ(StageOf(4, counts), RunState::kDetecting);
  counts.tiles = {.done = 3};  // the queue does not know the fourth yet
  EXPECT_EQ(StageOf(4, counts), RunState::kDetecting);
  counts.tiles = {.done = 3, .dead = 1};
  counts.patches = {.queued = 1};
  EXPECT_EQ(StageOf(4, counts), RunState::kUnwrapping);
  counts.patches = {.done = 1};
  counts.sites = {.leased = 1};
  EXPECT_EQ(StageOf(4, counts), RunState::kUnwrapping);
  counts.sites = {.done = 1};
  EXPECT_EQ(StageOf(4, counts), RunState::kAggregating);
  counts.publishing = {.done = 1};
  EXPECT_EQ(StageOf(4, counts), RunState::kAggregating);
}

TEST(RunState, AnEndNeedsTilesAndProducts) {
  EXPECT_EQ(EndOf(3, 0, true), RunState::kSucceeded);
  EXPECT_EQ(EndOf(3, 1, true), RunState::kPartial);
  EXPECT_EQ(EndOf(0, 3, true), RunState::kFailed);
  EXPECT_EQ(EndOf(3, 0, false), RunState::kFailed);
}

TEST(Forecast, TellsTheTimeFromTheRateSinceTheFirstLook) {
  Forecast forecast;
  RunCounts counts;
  counts.tiles = {.queued = 8, .done = 2};
  EXPECT_EQ(forecast.Remaining_s(100, 10, counts), std::nullopt);
  EXPECT_EQ(forecast.Remaining_s(110, 10, counts), std::nullopt);
  counts.tiles = {.queued = 6, .done = 4};
  EXPECT_EQ(forecast.Remaining_s(120, 10, counts), 60.0);  // 2 tiles in 20 s
  counts.patches = {.queued = 3};
  EXPECT_EQ(forecast.Remaining_s(120, 10, counts), std::nullopt);
  counts.patches = {.queued = 10, .done = 1};
  EXPECT_EQ(forecast.Remaining_s(120, 10, counts), 200.0);  // the slower stage
}

TEST(Forecast, BeginsAnewAfterTheQueueWasLost) {
  Forecast forecast;
  RunCounts counts;
  counts.tiles = {.queued = 5, .done = 5};
  EXPECT_EQ(forecast.Remaining_s(0, 10, counts), std::nullopt);
  counts.tiles = {.queued = 10};
  EXPECT_EQ(forecast.Remaining_s(10, 10, counts), std::nullopt);
  counts.tiles = {.queued = 9, .done = 1};
  EXPECT_EQ(forecast.Remaining_s(11, 10, counts), 9.0);
}

}  // namespace
}  // namespace fringewatch::scheduler
