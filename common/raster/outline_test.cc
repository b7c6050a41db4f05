#include "common/raster/outline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <set>
#include <string_view>
#include <utility>

#include "common/base/random.h"

namespace fringewatch {
namespace {

Array2<uint8_t> Mask(std::initializer_list<std::string_view> lines) {
  Array2<uint8_t> mask(static_cast<int>(lines.size()), static_cast<int>(lines.begin()->size()));
  size_t i = 0;
  for (const std::string_view line : lines) {
    for (const char c : line) mask.values[i++] = c == '#';
  }
  return mask;
}

TEST(Outline, OfOnePixelIsItsFourCorners) {
  const auto outlines = TraceOutline(Mask({"...", ".#.", "..."}));
  ASSERT_EQ(outlines.size(), 1u);
  EXPECT_EQ(outlines[0].ring.size(), 4u);
  EXPECT_EQ(outlines[0].area_px, 1);
  EXPECT_EQ(outlines[0].box, (Window{1, 1, 1, 1}));
  EXPECT_DOUBLE_EQ(RingArea(outlines[0].ring), 1.0);
}

TEST(Outline, DiagonalPixelsAreTwoComponents) { EXPECT_EQ(TraceOutline(Mask({"#.", ".#"})).size(), 2u); }

TEST(Outline, OfRingKeepsOutsideAndDropsHole) {
  const auto outlines = TraceOutline(Mask({"###.", "#.##", "####"}));
  ASSERT_EQ(outlines.size(), 1u);
  EXPECT_EQ(outlines[0].area_px, 10);
  EXPECT_DOUBLE_EQ(RingArea(outlines[0].ring), 11.0);
}

TEST(Outline, CornerContactGivesSimpleRing) {
  // The component touches itself at one corner; what it encloses is a hole.
  const auto outlines = TraceOutline(Mask({"##.", "#.#", "###"}));
  ASSERT_EQ(outlines.size(), 1u);
  EXPECT_DOUBLE_EQ(RingArea(outlines[0].ring), 8.0);
}

TEST(Outline, RandomMasksGiveSimpleRingsThatHoldTheirPixels) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    KeyedRandom random(seed);
    Array2<uint8_t> mask(24, 31);
    for (uint8_t& m : mask.values) m = random.Chance(0.6);
    const Components components = LabelComponents(mask);
    long labelled = 0;
    for (int i = 0; i < static_cast<int>(components.list.size()); ++i) {
      const PixelRing ring = TraceRing(components, i);
      std::set<std::pair<double, double>> corners;
      for (const PixelPoint& p : ring) corners.emplace(p.row, p.col);
      EXPECT_EQ(corners.size(), ring.size());
      for (int r = 0; r < mask.rows; ++r) {
        for (int c = 0; c < mask.cols; ++c) {
          if (components.labels(r, c) != i + 1) continue;
          ++labelled;
          EXPECT_TRUE(RingContains(ring, r + 0.5, c + 0.5));
          EXPECT_TRUE(components.list[i].box.Contains(r, c));
        }
      }
    }
    EXPECT_EQ(labelled, std::count(mask.values.begin(), mask.values.end(), 1));
  }
}

TEST(RasteriseOutline, GivesBackTheMaskThatWasTraced) {
  Array2<uint8_t> mask(9, 12, 0);
  for (int r = 2; r < 7; ++r) {
    for (int c = 1; c < 11; ++c) mask(r, c) = (r - 4) * (r - 4) * 6 + (c - 6) * (c - 6) < 26;
  }
  const std::vector<ComponentOutline> outlines = TraceOutline(mask);
  ASSERT_EQ(outlines.size(), 1u);
  EXPECT_EQ(RasteriseOutline(outlines[0].ring, mask.frame()).values, mask.values);
  const Window part{3, 4, 3, 5};
  EXPECT_EQ(RasteriseOutline(outlines[0].ring, part).values, Crop(mask, part).values);
  EXPECT_EQ(RasteriseOutline(outlines[0].ring, {-3, -2, 20, 20})(5, 5), mask(2, 3));
}

}  // namespace
}  // namespace fringewatch
