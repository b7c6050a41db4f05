#include "services/scheduler/core/run_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fringewatch::scheduler {
namespace {

using testing::ElementsAre;

TEST(RunState, RunsUntilThePlanIsCovered) {
  const RunProgress progress = Assess({"a", "b", "c"}, {"b"}, {"c"});
  EXPECT_EQ(progress.state, RunState::kRunning);
  EXPECT_EQ(progress.planned, 3);
  EXPECT_EQ(progress.done, 1);
  EXPECT_THAT(progress.open, ElementsAre("a"));
  EXPECT_THAT(progress.dead, ElementsAre("c"));
}

TEST(RunState, EndsByWhatWasDone) {
  EXPECT_EQ(Assess({"a", "b"}, {"a", "b"}, {}).state, RunState::kSucceeded);
  EXPECT_EQ(Assess({"a", "b"}, {"a"}, {"b"}).state, RunState::kPartial);
  EXPECT_EQ(Assess({"a", "b"}, {}, {"a", "b"}).state, RunState::kFailed);
  EXPECT_EQ(Assess({}, {}, {}).state, RunState::kFailed);
}

TEST(RunState, IgnoresWhatIsOutsideThePlan) {
  const RunProgress progress = Assess({"a"}, {"a", "x", "y"}, {"z"});
  EXPECT_EQ(progress.state, RunState::kSucceeded);
  EXPECT_EQ(progress.done, 1);
}

TEST(RunState, ATaskThatDiedAndWasThenDoneIsDone) {
  EXPECT_EQ(Assess({"a"}, {"a"}, {"a"}).state, RunState::kSucceeded);
}

TEST(RunState, HasNames) {
  EXPECT_EQ(NameOf(RunState::kRunning), "RUNNING");
  EXPECT_EQ(NameOf(RunState::kSucceeded), "SUCCEEDED");
  EXPECT_EQ(NameOf(RunState::kPartial), "PARTIAL");
  EXPECT_EQ(NameOf(RunState::kFailed), "FAILED");
}

}  // namespace
}  // namespace fringewatch::scheduler
