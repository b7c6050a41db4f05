// Figures of a site and its stable name.
#include "services/results/core/product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "common/base/units.h"
#include "services/results/core/manifest.h"
#include "services/results/core/outline_overlap.h"

namespace fringewatch::results {
namespace {

Grid Metres(int rows, int cols) {
  Grid grid{rows, cols, 500000, 5600000, 30, -30, "some projected CRS"};
  SetSpacing(grid);
  return grid;
}

/// 10 x 10 pixels; velocity 1 mm/yr times the column, the right half inside the site.
SiteRecord RampSite() {
  SiteRecord site;
  site.has_series = true;
  site.flagged.area_px = 50;
  SiteSeries& series = site.series;
  series.window = {100, 200, 10, 10};
  series.dates = {*MakeDate(2024, 1, 1), *MakeDate(2024, 12, 31)};
  series.velocity_m_per_yr = series.velocity_std_m_per_yr = series.temporal_coherence = Array2<float>(10, 10, 0.5F);
  series.flags = Array2<uint8_t>(10, 10);
  series.displacement_m = series.displacement_std_m = Array3<float>(2, 10, 10);
  for (int r = 0; r < 10; ++r) {
    for (int c = 0; c < 10; ++c) {
      series.velocity_m_per_yr(r, c) = 0.001F * static_cast<float>(c);
      series.displacement_m(1, r, c) = 0.001F * static_cast<float>(c);
      series.displacement_std_m(1, r, c) = 0.002F;
      if (c < 5) series.flags(r, c) = kOutsideSite;
    }
  }
  return site;
}

TEST(Summarise, FiguresAreOfThePixelsInside) {
  SiteRecord site = RampSite();
  const SiteSummary summary = Summarise(site, Metres(400, 400));
  EXPECT_NEAR(summary.vel_mm_yr, 7.0, 1e-4);
  EXPECT_NEAR(summary.vel_max_mm_yr, 9.0, 1e-4);
  EXPECT_NEAR(summary.vel_std, 500.0, 1e-3);
  EXPECT_NEAR(summary.quality, 0.5, 1e-6);
  EXPECT_NEAR(summary.area_m2, 50 * 900, 1e-6);
  ASSERT_EQ(summary.mean_series_mm.size(), 2U);
  EXPECT_NEAR(summary.mean_series_mm[1], 7.0, 1e-4);
  EXPECT_NEAR(summary.peak_series_mm[1], 9.0, 1e-4);
  EXPECT_NEAR(summary.peak_std_mm[1], 2.0, 1e-4);
  EXPECT_EQ(summary.fast_col, 9);
  EXPECT_EQ(summary.flags, "");
}

TEST(Summarise, OnePixelDoesNotDecideThePeak) {
  SiteRecord site = RampSite();
  site.series.velocity_m_per_yr(3, 7) = -5.0F;
  EXPECT_NEAR(Summarise(site, Metres(400, 400)).vel_max_mm_yr, 9.0, 1e-4);
}

TEST(Summarise, FlagsOfATenthOfTheSiteAreNamed) {
  SiteRecord site = RampSite();
  for (int r = 0; r < 6; ++r) site.series.flags(r, 7) |= kTooFast;
  site.series.flags(0, 6) |= kDisconnected;
  EXPECT_EQ(Summarise(site, Metres(400, 400)).flags, "too_fast");
}

TEST(Summarise, WithoutSeriesOrPixelsThereAreNoNumbers) {
  SiteRecord site = RampSite();
  for (uint8_t& flags : site.series.flags.values) flags |= kNoData;
  EXPECT_TRUE(std::isnan(Summarise(site, Metres(400, 400)).vel_mm_yr));
  EXPECT_EQ(Summarise(site, Metres(400, 400)).flags, "no_data");
  site.has_series = false;
  EXPECT_TRUE(std::isnan(Summarise(site, Metres(400, 400)).vel_max_mm_yr));
}

TEST(SiteId, StaysWhileThePeakStaysInItsCell) {
  Track track;
  track.name = "005A odd/name";
  track.grid = Metres(400, 400);
  FlaggedSite site;
  site.peak_row = 10;  // y 5599685: cell of 5599600 to 5599700 holds rows 10 to 13, but 9 and 14 not
  site.peak_col = 0;   // x 500015: columns 0 to 2
  const std::string id = SiteId(track, site);
  EXPECT_EQ(id.substr(0, 17), "FW-005A_odd_name-");
  EXPECT_EQ(id.size(), 17U + 8U);
  site.peak_row = 12;
  site.peak_col = 2;
  EXPECT_EQ(SiteId(track, site), id);
  site.peak_col = 4;
  EXPECT_NE(SiteId(track, site), id);
  track.name = "006D";
  EXPECT_NE(SiteId(track, site), id);
}

TEST(SiteId, DoesNotDependOnTheFrameThePeakIsSeenIn) {
  Track track;
  track.grid = {1000, 1000, 18.0, 50.0, 0.0004, -0.0004, "WGS 84", true};
  SetSpacing(track.grid);
  FlaggedSite site;
  site.peak_row = 333;
  site.peak_col = 444;
  const std::string id = SiteId(track, site);
  track.grid = SubGrid(track.grid, {300, 400, 200, 200});
  site.peak_row -= 300;
  site.peak_col -= 400;
  EXPECT_EQ(SiteId(track, site), id);
}

TEST(OutlineOverlap, SquaresAndTriangles) {
  const PixelRing square = {{10, 20}, {14, 20}, {14, 26}, {10, 26}};
  const PixelRing right_half = {{12, 20}, {16, 20}, {16, 26}, {12, 26}};
  EXPECT_EQ(BoxOf(square), (Window{20, 10, 6, 4}));
  const Overlap overlap = OverlapOf(square, right_half);
  EXPECT_EQ(overlap.first_px, 24);
  EXPECT_EQ(overlap.shared_px, 12);
  EXPECT_NEAR(overlap.Iou(), 1.0 / 3, 1e-12);
  EXPECT_NEAR(overlap.OfSmaller(), 0.5, 1e-12);
  EXPECT_EQ(OverlapOf(square, {}).Iou(), 0.0);
  const PixelRing triangle = {{0, 0}, {10, 0}, {0, 10}};
  EXPECT_EQ(OverlapOf(triangle, triangle).first_px, 45);  // centres with x + y + 1 < 10
}

TEST(Manifest, ListsVerdictsAndReasons) {
  Track track;
  track.inputs = {{"a.tif", "phase", InputRecord::Verdict::kAccepted, ""},
                  {"b.tif", "phase", InputRecord::Verdict::kRejected, "FW-2001 raster truncated"},
                  {"c\xff.tif", "phase", InputRecord::Verdict::kSuperseded, "newer version: a.tif"}};
  RunFacts facts;
  facts.frame_pixels = 1000;
  facts.pairs = 10;
  facts.pixels_unwrapped = 500;
  facts.patch_pixels = 50;
  facts.failed_tasks = {"t1: reason"};
  SiteRecord unmeasured;
  unmeasured.site_id = "FW-x";
  unmeasured.failure = "why";
  const auto json =
      nlohmann::json::parse(ManifestJson(track, facts, {{unmeasured}, {"merged"}}, {{"run.json", "ab", 12}}));
  EXPECT_EQ(json["inputs"]["rejected"][0]["reason"], "FW-2001 raster truncated");
  EXPECT_EQ(json["inputs"]["superseded"].size(), 1U);
  EXPECT_EQ(json["sites_without_series"][0]["reason"], "why");
  EXPECT_EQ(json["products"][0]["sha256"], "ab");
  EXPECT_NEAR(json["pixels"]["avoided_ratio"].get<double>(), 0.95, 1e-12);
  EXPECT_EQ(json["failed_tasks"][0], "t1: reason");
  facts.request_json = R"({"threshold":0.5})";
  EXPECT_EQ(nlohmann::json::parse(RunJson(track, facts))["request"]["threshold"], 0.5);
}

TEST(PatchPixels, OverlappingPatchesCountOnce) {
  std::vector<SiteRecord> sites(3);
  sites[0].series.window = {0, 0, 10, 10};
  sites[1].series.window = {5, 5, 10, 10};
  sites[2].series.window = {2, 20, 1, 3};
  EXPECT_EQ(PatchPixels(sites), 100 + 100 - 25 + 3);
  EXPECT_EQ(PatchPixels({}), 0);
}

}  // namespace
}  // namespace fringewatch::results
