#include "common/raster/tiling.h"

#include <gtest/gtest.h>

#include "common/raster/array.h"

namespace fringewatch {
namespace {

struct Case {
  int rows, cols, core_px, halo_px;
};

class TilingTest : public testing::TestWithParam<Case> {};

TEST_P(TilingTest, CoresCoverTheFrameExactlyOnce) {
  const auto [rows, cols, core_px, halo_px] = GetParam();
  Array2<int> covered(rows, cols, 0);
  for (const Tile& tile : PlanTiles(rows, cols, core_px, halo_px)) {
    EXPECT_LE(tile.core.rows, core_px);
    EXPECT_LE(tile.core.cols, core_px);
    EXPECT_FALSE(tile.core.empty());
    for (int r = tile.core.row0; r < tile.core.row1(); ++r) {
      for (int c = tile.core.col0; c < tile.core.col1(); ++c) ++covered(r, c);
    }
  }
  for (const int times : covered.values) ASSERT_EQ(times, 1);
}

TEST_P(TilingTest, HalosReachAsFarAsTheFrameAllows) {
  const auto [rows, cols, core_px, halo_px] = GetParam();
  for (const auto& [core, padded] : PlanTiles(rows, cols, core_px, halo_px)) {
    EXPECT_EQ(padded.row0, std::max(0, core.row0 - halo_px));
    EXPECT_EQ(padded.col0, std::max(0, core.col0 - halo_px));
    EXPECT_EQ(padded.row1(), std::min(rows, core.row1() + halo_px));
    EXPECT_EQ(padded.col1(), std::min(cols, core.col1() + halo_px));
  }
}

INSTANTIATE_TEST_SUITE_P(Frames, TilingTest,
                         testing::Values(Case{1, 1, 1, 0}, Case{64, 64, 64, 16}, Case{65, 63, 64, 16},
                                         Case{100, 250, 64, 0}, Case{7, 5, 1000, 1000}, Case{30, 41, 1, 3}));

TEST(Tiling, AnEmptyFrameHasNoTiles) {
  EXPECT_TRUE(PlanTiles(0, 10, 4, 1).empty());
  EXPECT_TRUE(PlanTiles(10, 0, 4, 1).empty());
}

TEST(Window, IntersectAndGrow) {
  const Window a{2, 3, 10, 20}, frame{0, 0, 15, 15};
  EXPECT_EQ(Intersect(a, frame), (Window{2, 3, 10, 12}));
  EXPECT_EQ(Intersect(a, a), a);
  EXPECT_TRUE(Intersect(a, {12, 0, 5, 5}).empty());
  EXPECT_EQ(Intersect(a, {12, 0, 5, 5}).pixels(), 0);
  EXPECT_EQ(Grow(a, 3, frame), (Window{0, 0, 15, 15}));
  EXPECT_EQ(Grow({5, 5, 2, 2}, 1, frame), (Window{4, 4, 4, 4}));
  EXPECT_TRUE(a.Contains(2, 3));
  EXPECT_TRUE(a.Contains(11, 22));
  EXPECT_FALSE(a.Contains(12, 3));
  EXPECT_FALSE(a.Contains(2, 2));
}

}  // namespace
}  // namespace fringewatch
