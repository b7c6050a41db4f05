#include "common/run/run_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/status_matchers.h"

namespace fringewatch {
namespace {

RunRecord FullRecord() {
  return {.run_id = "0123456789ab",
          .track = "005A",
          .source = {.path = "/data/005A",
                     .format = "geotiff",
                     .pattern = "{date1}_{date2}.tif",
                     .coherence_pattern = "{date1}_{date2}.cc.tif",
                     .height_path = "/data/dem.tif",
                     .unwrapped = true,
                     .flip_sign = true,
                     .wavelength_m = 0.055465763,
                     .pixel_size_m = 30.1,
                     .track_name = "005A"},
          .threshold = 0.1 + 0.2,
          .tile_px = 512,
          .halo_px = 64,
          .skip_rejected = true,
          .priority = Priority::kEmergency,
          .compute = "cpu bf16",
          .detector_models = {"aa", "bb"},
          .unwrapper_models = {"cc"},
          .version = "0.1.0",
          .stack_layout = R"({"pairs":[]})",
          .spec_json = R"({"track":"x"})",
          .detect_task_ids = {"t1", "t2"},
          .pairs = 7,
          .rows = 800,
          .cols = 900,
          .submitted_at = "2026-11-21T15:04:05.123Z",
          .submitted_by = "anna"};
}

TEST(RunRecord, SurvivesTheStore) {
  const auto read = RunRecordFromJson(ToJson(FullRecord()));
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(ToJson(*read), ToJson(FullRecord()));
  EXPECT_EQ(read->threshold, 0.1 + 0.2);
  EXPECT_EQ(read->priority, Priority::kEmergency);
  EXPECT_EQ(read->source.wavelength_m, 0.055465763);
  EXPECT_EQ(read->source.coherence_pattern, "{date1}_{date2}.cc.tif");
  EXPECT_TRUE(read->source.flip_sign && read->source.unwrapped && read->skip_rejected);
  EXPECT_THAT(read->detect_task_ids, testing::ElementsAre("t1", "t2"));
}

TEST(RunRecord, WhatWasNotGivenStaysNotGiven) {
  const auto read = RunRecordFromJson(ToJson(RunRecord{}));
  ASSERT_THAT(read, IsOk());
  EXPECT_FALSE(read->source.wavelength_m.has_value());
  EXPECT_FALSE(read->source.pixel_size_m.has_value());
}

TEST(RunRecord, PathsMayHoldAnyBytes) {
  RunRecord record = FullRecord();
  record.source.path = "/data/\xff\xfe";
  EXPECT_THAT(RunRecordFromJson(ToJson(record)), IsOk());
}

TEST(RunEvent, SurvivesTheStore) {
  const RunEvent event{.kind = RunEvent::Kind::kCancelled,
                       .at = "2026-11-21T15:04:05.123Z",
                       .by = "anna",
                       .reasons = {"cancelled by anna"},
                       .number = 3,
                       .counts = {{"detect", {1, 2, 3, 4}}}};
  const auto read = RunEventFromJson(ToJson(event));
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(ToJson(*read), ToJson(event));
  EXPECT_EQ(read->kind, RunEvent::Kind::kCancelled);
  EXPECT_EQ(read->counts.at("detect").leased, 2);
  EXPECT_EQ(read->counts.at("detect").dead, 4);
}

TEST(RunEvent, KeysSortByNumberAndTellEventsApart) {
  std::vector<std::string> keys;
  for (const int number : {2, 10, 9, 1}) keys.push_back(EventKey("r", {.at = "now", .number = number}));
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(keys[0], EventKey("r", {.at = "now", .number = 1}));
  EXPECT_EQ(keys[3], EventKey("r", {.at = "now", .number = 10}));
  for (const std::string& key : keys) EXPECT_TRUE(key.starts_with(EventPrefix("r"))) << key;
  EXPECT_NE(EventKey("r", {.by = "anna"}), EventKey("r", {.by = "ben"}));
}

TEST(RunOutcome, SurvivesTheStoreAndNamesItself) {
  const RunOutcome outcome{.done_detect_ids = {"t2", "t1"},
                           .dead = {{"t3", "detect", "{}", "FW-2001 raster truncated: x.tif"}}};
  const auto read = RunOutcomeFromJson(ToJson(outcome));
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(ToJson(*read), ToJson(outcome));
  EXPECT_THAT(read->done_detect_ids, testing::ElementsAre("t2", "t1"));
  EXPECT_EQ(OutcomeKey("r", outcome), OutcomeKey("r", *read));
  RunOutcome other = outcome;
  other.dead[0].reason += ".";
  EXPECT_NE(OutcomeKey("r", outcome), OutcomeKey("r", other));
  EXPECT_NE(OutcomeKey("r", outcome), OutcomeKey("s", outcome));
}

TEST(RunRecord, WrongTextIsAnInternalError) {
  for (const std::string text : {"", "{", "[]", "3", R"({"run_id":3})", R"({"kind":"made up","at":""})"}) {
    EXPECT_THAT(RunRecordFromJson(text), IsFault(Fault::kInternal)) << text;
    EXPECT_THAT(RunEventFromJson(text), IsFault(Fault::kInternal)) << text;
    EXPECT_THAT(RunOutcomeFromJson(text), IsFault(Fault::kInternal)) << text;
  }
  std::string wrong_name = ToJson(RunEvent{});
  wrong_name.replace(wrong_name.find("finished"), 8, "melted");
  EXPECT_THAT(RunEventFromJson(wrong_name), IsFault(Fault::kInternal));
}

}  // namespace
}  // namespace fringewatch
