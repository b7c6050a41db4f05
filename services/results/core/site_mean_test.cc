// Series of a made bowl, against the rates it was made with.
#include "services/results/core/site_mean.h"

#include <gtest/gtest.h>

#include "common/base/units.h"
#include "services/results/core/test_made_run.h"

namespace fringewatch::results {
namespace {

class SiteMeanTest : public testing::Test {
 protected:
  Track track_ = MadeTrack(200, 300);
  MadeBowl bowl_{100, 150, 12, -0.3, 1.0};
  SiteRecord site_ = MadeSite(track_, bowl_, 0.9);
};

TEST_F(SiteMeanTest, APixelMovesAtItsOwnRate) {
  const auto series = PixelSeries(site_, 98, 147);
  ASSERT_TRUE(series.ok()) << series.status();
  const double rate_mm = 1e3 * bowl_.Rate(98, 147);
  EXPECT_NEAR(series->vel_mm_yr, rate_mm, 1e-3);
  EXPECT_NEAR(series->vel_std_mm_yr, 4, 1e-4);
  EXPECT_EQ(series->pixels, 1);
  ASSERT_EQ(series->dates.size(), series->displacement_mm.size());
  ASSERT_EQ(series->dates.size(), series->displacement_std_mm.size());
  for (size_t t = 0; t < series->dates.size(); ++t) {
    const double years = DaysBetween(series->dates[0], series->dates[t]) / kDaysPerYear;
    EXPECT_NEAR(series->displacement_mm[t], rate_mm * years, 1e-3) << t;
  }
}

TEST_F(SiteMeanTest, TheMeanIsTheMeanOfThePixels) {
  const DisplacementSeries mean = MeanSeries(site_);
  double velocity = 0, last = 0;
  int pixels = 0;
  const Window& window = site_.series.window;
  for (int row = window.row0; row < window.row1(); ++row) {
    for (int col = window.col0; col < window.col1(); ++col) {
      const auto pixel = PixelSeries(site_, row, col);
      if (!pixel.ok()) continue;
      velocity += pixel->vel_mm_yr, last += pixel->displacement_mm.back(), ++pixels;
    }
  }
  ASSERT_GT(pixels, 100);
  EXPECT_EQ(mean.pixels, pixels);
  EXPECT_NEAR(mean.vel_mm_yr, velocity / pixels, 1e-6);
  EXPECT_NEAR(mean.displacement_mm.back(), last / pixels, 1e-6);
}

TEST_F(SiteMeanTest, FlagsBecomeWords) {
  SiteSeries& series = site_.series;
  series.flags(100 - series.window.row0, 150 - series.window.col0) = kTooFast | kDisconnected | kReferenceArea;
  EXPECT_EQ(PixelSeries(site_, 100, 150)->flags, "disconnected,too_fast");
}

TEST_F(SiteMeanTest, PixelsWithoutSeriesAreRefusedWithTheReason) {
  const auto expect = [&](int row, int col, const std::string& words) {
    const auto series = PixelSeries(site_, row, col);
    ASSERT_FALSE(series.ok()) << words;
    EXPECT_EQ(series.status().code(), CodeOf(Fault::kUnknownName));
    EXPECT_NE(MessageOf(series.status()).find(words), std::string::npos) << series.status();
  };
  const Window& window = site_.series.window;
  expect(window.row0 - 1, 150, "is not a pixel of site");
  expect(100, window.col1(), "is not a pixel of site");
  expect(window.row0, window.col0, "outside the outline");
  site_.series.flags(100 - window.row0, 150 - window.col0) |= kNoData;
  expect(100, 150, "too few pairs");
}

}  // namespace
}  // namespace fringewatch::results
