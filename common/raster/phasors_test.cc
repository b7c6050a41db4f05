#include "common/raster/phasors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "common/base/units.h"

namespace fringewatch {
namespace {

TEST(Phasors, AreSineAndCosineOfEveryWrappedPhase) {
  constexpr int kCount = 20001;
  std::vector<float> phase(kCount), amplitude(kCount), real(kCount), imaginary(kCount);
  for (int i = 0; i < kCount; ++i) {
    phase[i] = static_cast<float>(std::numbers::pi * (2.0 * i / (kCount - 1) - 1));
    amplitude[i] = static_cast<float>(i % 7) / 6.0F;
  }
  Phasors(phase.data(), amplitude.data(), kCount, real.data(), imaginary.data());
  for (int i = 0; i < kCount; ++i) {
    ASSERT_NEAR(real[i], amplitude[i] * std::cos(static_cast<double>(phase[i])), 3e-6) << phase[i];
    ASSERT_NEAR(imaginary[i], amplitude[i] * std::sin(static_cast<double>(phase[i])), 3e-6) << phase[i];
  }
}

TEST(Phasors, AreZeroWhereEitherPartIsMissing) {
  const float phase[] = {kMissing, 1.0F, kMissing}, amplitude[] = {1.0F, kMissing, kMissing};
  float real[3], imaginary[3];
  Phasors(phase, amplitude, 3, real, imaginary);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(real[i], 0.0F);
    EXPECT_EQ(imaginary[i], 0.0F);
  }
}

}  // namespace
}  // namespace fringewatch
