#include "common/wire/task_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fringewatch::wire {
namespace {

FlaggedSite SomeSite() {
  FlaggedSite site;
  site.outline = {{.col = 3, .row = 5}, {.col = 9, .row = 5}, {.col = 9, .row = 8.5}};
  site.box = {5, 3, 4, 6};
  site.peak_row = 6;
  site.peak_col = 7;
  site.score = 0.1 + 0.2;  // not a round number: doubles must survive to the last bit
  site.mean_score = 1.0 / 3.0;
  site.area_px = 11;
  site.kind = "both";
  site.voting_pairs = {0, 4, 29};
  site.neighbours = {{{.col = 12, .row = 5}, {.col = 14, .row = 5}, {.col = 13, .row = 7.5}}};
  return site;
}

TEST(TaskJson, SitesSurviveTheRoundTripToTheLastBit) {
  const FlaggedSite in = SomeSite();
  const std::string text = DetectAnswerToJson({{in}, 1});
  const auto answer = DetectAnswerFromJson(text);
  ASSERT_TRUE(answer.ok()) << MessageOf(answer.status());
  const FlaggedSite* out = &answer->sites.at(0);
  ASSERT_EQ(out->outline.size(), 3u);
  EXPECT_EQ(out->outline[2].row, 8.5);
  EXPECT_EQ(out->outline[2].col, 9);
  EXPECT_EQ(out->box, in.box);
  EXPECT_EQ(out->score, in.score);
  EXPECT_EQ(out->mean_score, in.mean_score);
  EXPECT_EQ(out->kind, in.kind);
  EXPECT_EQ(out->voting_pairs, in.voting_pairs);
  ASSERT_EQ(out->neighbours.size(), 1U);
  EXPECT_EQ(out->neighbours[0][2].row, 7.5);
  EXPECT_EQ(DetectAnswerToJson(*answer), text);
}

TEST(TaskJson, AnswersAndTilesSurviveTheRoundTrip) {
  const auto answer = DetectAnswerFromJson(DetectAnswerToJson({{SomeSite(), SomeSite()}, 123456789012L}));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->sites.size(), 2u);
  EXPECT_EQ(answer->pixels_scanned, 123456789012L);
  const Tile tile{{10, 20, 30, 40}, {0, 4, 50, 72}};
  const auto back = TileFromJson(TileToJson(tile));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->core, tile.core);
  EXPECT_EQ(back->padded, tile.padded);
}

TEST(TaskJson, PatchOrdersStayUnderAKibibyte) {
  const std::string text = PatchOrderToJson({"detect/" + std::string(64, 'f') + ".json", 12345});
  EXPECT_LT(text.size(), 1024u);
  const auto order = PatchOrderFromJson(text);
  ASSERT_TRUE(order.ok());
  EXPECT_EQ(order->site_index, 12345);
}

TEST(TaskJson, DamagedTextIsAnErrorThatShowsIt) {
  for (const char* text : {"", "{", "[]", R"({"core":[1,2,3]})"}) {
    const auto tile = TileFromJson(text);
    ASSERT_FALSE(tile.ok()) << text;
    EXPECT_THAT(MessageOf(tile.status()), testing::HasSubstr("cannot be decoded"));
  }
}

}  // namespace
}  // namespace fringewatch::wire
