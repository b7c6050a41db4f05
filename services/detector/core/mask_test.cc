#include "services/detector/core/mask.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fringewatch::detector {
namespace {

PairRaster EvenPair(int rows, int cols) { return {Array2<float>(rows, cols, 1.0F), Array2<float>(rows, cols, 0.6F)}; }

TEST(Mask, SaysWhyAPixelIsNotUsable) {
  PairRaster pair = EvenPair(20, 20);
  pair.phase_rad(3, 3) = kMissing;
  pair.coherence(4, 4) = 0.0F;
  pair.coherence(5, 5) = kMissing;
  const Array2<PixelUse> use = JudgePixels(pair);
  EXPECT_EQ(use(3, 3), PixelUse::kMissing);
  EXPECT_EQ(use(4, 4), PixelUse::kIncoherent);
  EXPECT_EQ(use(5, 5), PixelUse::kMissing);
  EXPECT_EQ(use(0, 0), PixelUse::kUsable);
}

TEST(Mask, LonePixelsInWaterAreIsolatedButCoastsAreNot) {
  PairRaster pair = EvenPair(20, 20);
  for (int row = 0; row < 20; ++row) {
    for (int col = 8; col < 20; ++col) pair.coherence(row, col) = 0.01F;
  }
  pair.coherence(10, 14) = 0.6F;                         // alone
  pair.coherence(4, 12) = pair.coherence(4, 13) = 0.6F;  // two: each has one neighbour
  for (int row = 14; row < 17; ++row) pair.coherence(row, 16) = pair.coherence(row, 17) = 0.6F;  // an islet
  const Array2<PixelUse> use = JudgePixels(pair);
  EXPECT_EQ(use(10, 14), PixelUse::kIsolated);
  EXPECT_EQ(use(4, 12), PixelUse::kIsolated);
  EXPECT_EQ(use(4, 13), PixelUse::kIsolated);
  EXPECT_EQ(use(15, 16), PixelUse::kUsable);
  for (int row = 0; row < 20; ++row) EXPECT_EQ(use(row, 7), PixelUse::kUsable);
}

TEST(Mask, MakesBothRastersMissing) {
  PairRaster pair = EvenPair(6, 5);
  pair.coherence(2, 2) = 0.0F;
  EXPECT_EQ(MaskUnusable(pair), 29);
  EXPECT_TRUE(std::isnan(pair.phase_rad(2, 2)));
  EXPECT_TRUE(std::isnan(pair.coherence(2, 2)));
  EXPECT_FLOAT_EQ(pair.phase_rad(2, 3), 1.0F);
}

}  // namespace
}  // namespace fringewatch::detector
