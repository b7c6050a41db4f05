#include "services/unwrapper/core/connected.h"

#include <gtest/gtest.h>

#include <cmath>

#include "common/base/units.h"
#include "services/unwrapper/core/test_rasters.h"
#include "tests/support/seed.h"

namespace fringewatch::unwrapper {
namespace {

/// Two shores of a river of noise, the eastern one smaller.
PairRaster TwoShores() {
  PairRaster pair = Speckled(Array2<float>(60, 100), 0.9, TestSeed(81));
  const PairRaster noise = Speckled(Array2<float>(60, 100), 0.0, TestSeed(82));
  for (int r = 0; r < 60; ++r) {
    for (int c = 60; c < 70; ++c) {
      pair.phase_rad(r, c) = noise.phase_rad(r, c);
      pair.coherence(r, c) = noise.coherence(r, c);
    }
  }
  pair.phase_rad(5, 5) = pair.coherence(5, 5) = kMissing;
  return pair;
}

TEST(ConnectedComponents, AreNumberedBySizeAndEndAtNoise) {
  const PairRaster pair = TwoShores();
  const Array2<float> component = ConnectedComponents(pair, UnwrapByFlow(pair));
  EXPECT_EQ(component(30, 20), 1.0F);
  EXPECT_EQ(component(10, 90), 2.0F);
  EXPECT_TRUE(std::isnan(component(5, 5)));
  int in_river = 0;
  for (int r = 0; r < 60; ++r) in_river += component(r, 65) > 0;
  EXPECT_LT(in_river, 6);
}

TEST(CyclesApart, CountsWholeCyclesAgainstTheCommonestDifference) {
  Array2<float> phase(20, 20, 1.0F), other(20, 20, 9.3F);
  for (int r = 4; r < 8; ++r) {
    for (int c = 4; c < 8; ++c) other(r, c) += static_cast<float>(2 * kTwoPi + 0.4);
  }
  phase(0, 0) = kMissing;
  const Array2<float> apart = CyclesApart(phase, other);
  EXPECT_EQ(apart(6, 6), 2.0F);
  EXPECT_EQ(apart(15, 15), 0.0F);
  EXPECT_TRUE(std::isnan(apart(0, 0)));
}

}  // namespace
}  // namespace fringewatch::unwrapper
