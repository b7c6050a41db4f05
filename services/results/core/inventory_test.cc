// Every site once, strongest first, whatever the order they came in.
#include "services/results/core/inventory.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace fringewatch::results {
namespace {

SiteRecord Square(const std::string& id, int row, int col, int side, double score, bool has_series = true) {
  SiteRecord site;
  site.site_id = id;
  site.has_series = has_series;
  site.flagged.score = score;
  site.flagged.peak_row = row + side / 2;
  site.flagged.peak_col = col + side / 2;
  const double r = row, c = col, s = side;
  site.flagged.outline = {{c, r}, {c + s, r}, {c + s, r + s}, {c, r + s}};
  return site;
}

std::vector<std::string> Ids(const Inventory& inventory) {
  std::vector<std::string> ids;
  for (const SiteRecord& site : inventory.sites) ids.push_back(site.site_id);
  return ids;
}

TEST(Inventory, KeepsTheStrongerOfTwoThatOverlap) {
  const Inventory inventory = BuildInventory(
      {Square("weak", 10, 10, 10, 0.6), Square("strong", 12, 12, 10, 0.9), Square("far", 50, 50, 10, 0.7)});
  EXPECT_EQ(Ids(inventory), (std::vector<std::string>{"strong", "far"}));
  ASSERT_EQ(inventory.merged_away.size(), 1U);
  EXPECT_NE(inventory.merged_away[0].find("weak"), std::string::npos);
  EXPECT_NE(inventory.merged_away[0].find("strong"), std::string::npos);
}

TEST(Inventory, NeighboursThatTouchStaySeparate) {
  EXPECT_EQ(BuildInventory({Square("a", 10, 10, 10, 0.6), Square("b", 10, 20, 10, 0.9)}).sites.size(), 2U);
  EXPECT_EQ(BuildInventory({Square("a", 10, 10, 10, 0.6), Square("b", 10, 18, 10, 0.9)}).sites.size(), 2U);
}

TEST(Inventory, APeakInsideTheOtherIsTheSameSite) {
  EXPECT_EQ(Ids(BuildInventory({Square("big", 0, 0, 40, 0.6), Square("small", 18, 18, 4, 0.9)})),
            std::vector<std::string>{"small"});
}

TEST(Inventory, ASeriesCountsMoreThanTheScore) {
  EXPECT_EQ(Ids(BuildInventory({Square("unmeasured", 10, 10, 10, 0.9, false), Square("measured", 11, 11, 10, 0.6)})),
            std::vector<std::string>{"measured"});
}

TEST(Inventory, SameIdIsTheSameSite) {
  EXPECT_EQ(BuildInventory({Square("a", 10, 10, 4, 0.6), Square("a", 10, 14, 4, 0.9)}).sites.size(), 1U);
}

TEST(Inventory, OrderIsByScoreThenIdWhateverTheInput) {
  std::vector<SiteRecord> sites = {Square("c", 0, 0, 5, 0.7), Square("a", 0, 50, 5, 0.7), Square("b", 50, 0, 5, 0.9),
                                   Square("d", 1, 1, 5, 0.7)};
  std::vector<int> order = {0, 1, 2, 3};
  do {
    std::vector<SiteRecord> shuffled;
    for (const int i : order) shuffled.push_back(sites[i]);
    EXPECT_EQ(Ids(BuildInventory(shuffled)), (std::vector<std::string>{"b", "a", "c"}));
  } while (std::next_permutation(order.begin(), order.end()));
}

}  // namespace
}  // namespace fringewatch::results
