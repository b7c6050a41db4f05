// The report page: complete, self-contained, escaped, for no site and for many.
// FRINGEWATCH_TEST_OUT=DIR keeps the pages there, to look at.
#include <gtest/gtest.h>

#include <cstdlib>

#include "common/base/random.h"
#include "common/io/file_replace.h"
#include "services/results/app/report_html.h"
#include "services/results/app/report_parts.h"
#include "services/results/core/test_made_run.h"

namespace fringewatch::results {
namespace {

Inventory ManySites(const Track& track, int count) {
  std::vector<SiteRecord> sites;
  KeyedRandom random(20240103);
  for (int i = 0; i < count; ++i) {
    const double radius = random.LogUniform(5, 24);
    const MadeBowl bowl{random.Uniform(60, track.grid.rows - 60), random.Uniform(60, track.grid.cols - 60), radius,
                        (random.Chance(0.75) ? -1 : 1) * random.LogUniform(0.02, 0.9), random.Uniform(0.7, 1.8)};
    sites.push_back(MadeSite(track, bowl, random.Uniform(0.5, 1.0)));
  }
  return BuildInventory(std::move(sites));
}

std::string Page(const Track& track, const RunFacts& facts, const Inventory& inventory, const std::string& name) {
  const MadeStack stack(track);
  const Background background = ReadBackground(stack);
  const auto page = ReportHtml({track, facts, inventory, background});
  EXPECT_TRUE(page.ok()) << page.status();
  if (const char* kept = std::getenv("FRINGEWATCH_TEST_OUT")) {
    EXPECT_TRUE(io::WriteWholeFile(std::string(kept) + "/" + name + ".html", *page).ok());
  }
  return *page;
}

size_t Count(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++count;
  return count;
}

TEST(Report, StandsAlone) {
  const Track track = MadeTrack(800, 1200);
  const std::string page = Page(track, MadeFacts(track), ManySites(track, 12), "twelve_sites");
  for (const char* outside : {"http://", "https://", "src=", "@import", "<link"}) {
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  }
  EXPECT_NE(page.find("positive is towards the satellite"), std::string::npos);
  EXPECT_NE(page.find(std::string(64, 'a')), std::string::npos) << "model hash";
}

TEST(Report, NoSite) {
  const Track track = MadeTrack(300, 200);
  const std::string page = Page(track, MadeFacts(track), {}, "no_sites");
  EXPECT_NE(page.find("No site was found"), std::string::npos);
  EXPECT_EQ(Count(page, "<article"), 0U);
}

TEST(Report, ManySites) {
  const Track track = MadeTrack(2500, 2500, 20);
  const Inventory inventory = ManySites(track, 230);
  ASSERT_GT(inventory.sites.size(), 200U);
  const std::string page = Page(track, MadeFacts(track), inventory, "many_sites");
  EXPECT_EQ(Count(page, "<article"), 200U);
  EXPECT_EQ(Count(page, "<tr><td class=\"n\" data-v=\""), inventory.sites.size());
  EXPECT_LT(page.size(), 16U << 20);
}

TEST(Report, WhatComesFromOutsideIsEscaped) {
  Track track = MadeTrack(200, 200);
  const std::string evil = "<script>alert('x')</script>";
  track.name = track.format = track.wavelength_source = track.orbit_direction = evil;
  track.notes = {evil};
  track.inputs = {{evil, evil, InputRecord::Verdict::kRejected, evil}};
  RunFacts facts = MadeFacts(track);
  facts.run_id = facts.device = facts.request_json = evil;
  facts.failed_tasks = facts.model_hashes = {evil};
  Inventory inventory;
  inventory.sites = {MadeSite(track, {100, 100, 10, -0.2}, 0.9), MadeSite(track, {40, 40, 8, 0.1}, 0.8)};
  inventory.sites[0].series.notes = inventory.merged_away = {evil};
  inventory.sites[0].flagged.kind = evil;
  inventory.sites[1].has_series = false;
  inventory.sites[1].failure = evil;
  const std::string page = Page(track, facts, inventory, "escaped");
  EXPECT_EQ(Count(page, "<script>"), 1U) << "only the page's own";
  EXPECT_GE(Count(page, "&lt;script&gt;"), 14U);
}

TEST(Report, UnreferencedFrameInPixels) {
  Track track = MadeTrack(200, 300);
  track.grid = {200, 300, 0, 0, 1, -1};
  track.has_coherence = false;
  track.line_of_sight.reset();
  Inventory inventory;
  inventory.sites = {MadeSite(track, {100, 100, 10, -0.2}, 0.9)};
  const std::string page = Page(track, MadeFacts(track), inventory, "unreferenced");
  EXPECT_NE(page.find("row 100, col 100"), std::string::npos);
  EXPECT_NE(page.find("pixel size unknown"), std::string::npos);
  EXPECT_EQ(page.find("nan"), std::string::npos);
  EXPECT_EQ(page.find("inf\""), std::string::npos);
}

TEST(ReportParts, NumbersAndColours) {
  EXPECT_EQ(Number(-12.345, 1), "−12.3");
  EXPECT_EQ(Number(-0.04, 1), "0.0");
  EXPECT_EQ(Number(std::nan(""), 1), "–");
  EXPECT_EQ(Thousands(1234567), "1,234,567");
  EXPECT_EQ(RoundUp(130), 200);
  EXPECT_EQ(RoundUp(0.05), 0.05);
  EXPECT_EQ(Ticks(-1, 11, 6), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(ColourOf(-5, 1), ColourOf(-1, 1));
  EXPECT_GT(ColourOf(-1, 1).red, ColourOf(1, 1).red) << "away is red";
  EXPECT_GT(ColourOf(1, 1).blue, ColourOf(-1, 1).blue) << "towards is blue";
}

}  // namespace
}  // namespace fringewatch::results
