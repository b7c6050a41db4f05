#include "common/raster/phase.h"

#include <gtest/gtest.h>

#include "common/base/random.h"

namespace fringewatch {
namespace {

constexpr float kPiF = static_cast<float>(kPi);
constexpr uint64_t kSeed = 11;

float CyclesBetween(float a, float b) { return (a - b) / static_cast<float>(kTwoPi); }

TEST(Wrap, StaysInItsRangeAndKeepsThePhase) {
  KeyedRandom random(kSeed);
  for (int i = 0; i < 10'000; ++i) {
    const float phase = static_cast<float>(random.Uniform(-200, 200));
    const float wrapped = Wrap(phase);
    ASSERT_LE(std::abs(wrapped), kPiF + 1e-4F);
    const float cycles = CyclesBetween(phase, wrapped);
    ASSERT_NEAR(cycles, std::round(cycles), 1e-4) << phase;
    ASSERT_NEAR(Wrap(wrapped), wrapped, 1e-4) << phase;
  }
  EXPECT_EQ(Wrap(0.0F), 0.0F);
  EXPECT_EQ(Wrap(1.0F), 1.0F);
  EXPECT_NEAR(Wrap(kPiF + 1), 1 - kPiF, 1e-6);
  EXPECT_TRUE(std::isnan(Wrap(kMissing)));
}

TEST(Congruent, IsTheNearestPhaseOnTheSameCycle) {
  KeyedRandom random(kSeed);
  for (int i = 0; i < 10'000; ++i) {
    const float wrapped = static_cast<float>(random.Uniform(-kPi, kPi));
    const float estimate = static_cast<float>(random.Uniform(-200, 200));
    const float phase = Congruent(wrapped, estimate);
    ASSERT_LE(std::abs(phase - estimate), kPiF + 1e-4F);
    const float cycles = CyclesBetween(phase, wrapped);
    ASSERT_NEAR(cycles, std::round(cycles), 1e-4);
  }
  EXPECT_TRUE(std::isnan(Congruent(kMissing, 1.0F)));
  EXPECT_TRUE(std::isnan(Congruent(1.0F, kMissing)));
}

TEST(Congruent, UndoesWrapping) {
  KeyedRandom random(kSeed);
  for (int i = 0; i < 1'000; ++i) {
    const float truth = static_cast<float>(random.Uniform(-100, 100));
    const float estimate = truth + static_cast<float>(random.Uniform(-3, 3));  // within half a cycle
    ASSERT_NEAR(Congruent(Wrap(truth), estimate), truth, 1e-4);
  }
}

TEST(Closure, OfConsistentPhaseIsZero) {
  KeyedRandom random(kSeed);
  for (int i = 0; i < 1'000; ++i) {
    const float a = static_cast<float>(random.Uniform(-50, 50)), b = static_cast<float>(random.Uniform(-50, 50));
    ASSERT_NEAR(Closure(Wrap(a), Wrap(b), Wrap(a + b)), 0, 1e-4);
  }
  EXPECT_NEAR(Closure(1.0F, 1.0F, 1.5F), 0.5F, 1e-6);
  EXPECT_TRUE(std::isnan(Closure(1.0F, kMissing, 1.0F)));
}

Array2<float> Plane(int rows, int cols, float per_row, float per_col) {
  Array2<float> phase(rows, cols);
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < cols; ++c)
      phase(r, c) = Wrap(per_row * static_cast<float>(r) + per_col * static_cast<float>(c));
  }
  return phase;
}

TEST(PhaseCoherence, OfAPlaneIsOneWhateverItsSlope) {
  for (const float slope : {0.0F, 0.5F, 1.5F, -2.5F}) {
    const Array2<float> coherence = PhaseCoherence(Plane(20, 30, slope, 0.3F * slope), 2);
    ASSERT_EQ(coherence.rows, 20);
    ASSERT_EQ(coherence.cols, 30);
    for (const float value : coherence.values) ASSERT_NEAR(value, 1, 2e-3) << slope;
  }
}

TEST(PhaseCoherence, OfPureNoiseIsLow) {
  KeyedRandom random(kSeed);
  Array2<float> phase(60, 60);
  for (float& value : phase.values) value = static_cast<float>(random.Uniform(-kPi, kPi));
  const Array2<float> coherence = PhaseCoherence(phase, 2);
  double sum = 0;
  for (const float value : coherence.values) {
    ASSERT_GE(value, 0);
    ASSERT_LE(value, 1 + 1e-5);
    sum += value;
  }
  // The mean resultant of 25 random phasors is sqrt(pi / 4 / 25) = 0.18; fitting a slope first raises it.
  EXPECT_LT(sum / static_cast<double>(coherence.size()), 0.35);
}

TEST(PhaseCoherence, FallsAsNoiseGrows) {
  double previous = 1.1;
  for (const double noise_rad : {0.0, 0.4, 0.8, 1.2, 2.0}) {
    KeyedRandom random(kSeed);
    Array2<float> phase = Plane(40, 40, 0.4F, -0.2F);
    for (float& value : phase.values) value = Wrap(value + static_cast<float>(noise_rad * random.Normal()));
    double mean = 0;
    for (const float value : PhaseCoherence(phase, 2).values) mean += value / 1600.0;
    EXPECT_LT(mean, previous) << noise_rad;
    previous = mean;
  }
}

TEST(PhaseCoherence, MissingPixelsAreMissingAndDoNotCount) {
  Array2<float> phase = Plane(11, 11, 0.2F, 0.1F);
  phase(5, 5) = kMissing;
  phase(0, 0) = kMissing;
  const Array2<float> coherence = PhaseCoherence(phase, 2);
  EXPECT_TRUE(std::isnan(coherence(5, 5)));
  EXPECT_TRUE(std::isnan(coherence(0, 0)));
  for (size_t i = 1; i < coherence.size(); ++i) {
    if (i == coherence.index(5, 5)) continue;
    ASSERT_NEAR(coherence.values[i], 1, 2e-3) << i;
  }
}

}  // namespace
}  // namespace fringewatch
