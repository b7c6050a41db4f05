#include "services/results/core/velocity_comparison.h"

#include <gtest/gtest.h>

#include <cmath>

#include "common/base/units.h"

namespace fringewatch::results {
namespace {

TEST(CompareVelocities, FindsTheLineThroughTwoMaps) {
  Array2<float> reference(10, 10), found(10, 10);
  for (size_t i = 0; i < reference.size(); ++i) {
    reference.values[i] = static_cast<float>(i) - 30;
    found.values[i] = 0.5f * reference.values[i] + 7;
  }
  const VelocityComparison c = CompareVelocities("a", found, reference, {});
  EXPECT_EQ(c.pixels, 100);
  EXPECT_NEAR(c.correlation, 1.0, 1e-6);
  EXPECT_NEAR(c.slope, 0.5, 1e-6);
  EXPECT_NEAR(c.offset_mm_yr, 7 - 0.5 * 19.5, 1e-4);              // the mean of the reference is 19.5
  EXPECT_NEAR(c.rmse_mm_yr, 0.5 * std::sqrt(9999 / 12.0), 1e-3);  // half the spread of 0..99
}

TEST(CompareVelocities, MissingAndOutsidePixelsDoNotCount) {
  Array2<float> reference(2, 4, 1.0f), found(2, 4, 2.0f);
  reference.values = {0, 1, 2, 3, 100, 5, kMissing, 7};
  found.values = {0, 2, 4, 6, -100, kMissing, 3, 14};
  Array2<uint8_t> inside(2, 4, 1);
  inside(1, 0) = 0;
  const VelocityComparison c = CompareVelocities("a", found, reference, inside);
  EXPECT_EQ(c.pixels, 5);
  EXPECT_NEAR(c.slope, 2.0, 1e-9);
}

TEST(CompareVelocities, NothingInCommonIsMissingNotZero) {
  const VelocityComparison c = CompareVelocities("a", Array2<float>(3, 3, kMissing), Array2<float>(3, 3, 1.0f), {});
  EXPECT_EQ(c.pixels, 0);
  EXPECT_TRUE(std::isnan(c.correlation));
  EXPECT_TRUE(std::isnan(c.rmse_mm_yr));
}

}  // namespace
}  // namespace fringewatch::results
