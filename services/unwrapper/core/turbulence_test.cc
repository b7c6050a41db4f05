/// Truth: a bowl under turbulence of the simulator's law, a field of its own for each date.
#include "services/unwrapper/core/turbulence.h"

#include <gtest/gtest.h>

#include <cmath>

#include "common/base/random.h"
#include "common/sim/noise_field.h"
#include "tests/support/seed.h"

namespace fringewatch::unwrapper {
namespace {

constexpr int kSide = 72, kDates = 12;
constexpr double kRadius_px = 20, kNoise_m = 3e-4;

double Radius(int r, int c) { return std::hypot(r - kSide / 2.0, c - kSide / 2.0); }
float Bowl_m(int k, int r, int c) {
  return static_cast<float>(-0.004 * k * std::exp(-3.0 * std::pow(Radius(r, c) / kRadius_px, 2)));
}

struct Patch {
  std::vector<double> days;
  ReferenceArea reference;
  Array3<float> displacement_m{kDates, kSide, kSide};
};

Patch Draw(uint64_t seed) {
  Patch patch;
  patch.reference.mask = Array2<uint8_t>(kSide, kSide);
  for (int r = 0; r < kSide; ++r) {
    for (int c = 0; c < kSide; ++c) patch.reference.mask(r, c) = Radius(r, c) > kRadius_px + 4;
  }
  KeyedRandom random(seed);
  for (int k = 0; k < kDates; ++k) {
    patch.days.push_back(12.0 * k);
    Array2<float> epoch(kSide, kSide);
    sim::PowerLawField(random.Next(), 512, 1, 1.0 / 3.0, 0.006, {40, 5.0 / 6.0}).AddTo(epoch.frame(), epoch);
    for (int r = 0; r < kSide; ++r) {
      for (int c = 0; c < kSide; ++c) {
        patch.displacement_m(k, r, c) = epoch(r, c) + Bowl_m(k, r, c) + static_cast<float>(kNoise_m * random.Normal());
      }
    }
    double mean = 0, count = 0;
    for (size_t i = 0; i < epoch.size(); ++i) {
      if (!patch.reference.mask.values[i]) continue;
      mean += patch.displacement_m.plane(k)[i];
      count += 1;
    }
    for (float& value : patch.displacement_m.plane(k)) value -= static_cast<float>(mean / count);
  }
  return patch;
}

/// Mean squared error inside the site, and the same in units of `variance` (if there is one).
std::pair<double, double> Squares(const Array3<float>& displacement_m, const Array2<float>& variance) {
  double squares = 0, standard = 0, count = 0;
  for (int k = 0; k < kDates; ++k) {
    for (int r = 0; r < kSide; ++r) {
      for (int c = 0; c < kSide; ++c) {
        if (Radius(r, c) > kRadius_px) continue;
        const double square = std::pow(displacement_m(k, r, c) - Bowl_m(k, r, c), 2);
        squares += square;
        if (!variance.empty()) standard += square / (variance(r, c) + kNoise_m * kNoise_m);
        count += 1;
      }
    }
  }
  return {squares / count, standard / count};
}

TEST(RemoveTurbulence, ContinuesTheAirUnderTheSiteAndKnowsWhatIsLeft) {
  const uint64_t seed = TestSeed(111);
  double before = 0, after = 0, standard = 0;
  constexpr int kPatches = 6;
  for (int i = 0; i < kPatches; ++i) {
    Patch patch = Draw(seed + i);
    before += Squares(patch.displacement_m, {}).first / kPatches;
    const Array2<float> left_m2 = RemoveTurbulence(patch.days, patch.reference, patch.displacement_m).left_m2;
    ASSERT_FALSE(left_m2.empty());
    const auto [squares, in_units] = Squares(patch.displacement_m, left_m2);
    after += squares / kPatches;
    standard += in_units / kPatches;
  }
  std::printf("RMSE %.2f -> %.2f mm; squared, in units of what was promised: %.2f\n", 1e3 * std::sqrt(before),
              1e3 * std::sqrt(after), standard);
  EXPECT_LT(after, 0.5 * before);
  EXPECT_GT(standard, 0.7);
  EXPECT_LT(standard, 2.0) << "the simulator's air has a knee where kriging has a straight line";
}

TEST(RemoveTurbulence, OnStillAirTakesNextToNothing) {
  Patch patch = Draw(TestSeed(112));
  KeyedRandom random(TestSeed(113));
  for (int k = 0; k < kDates; ++k) {
    for (int r = 0; r < kSide; ++r) {
      for (int c = 0; c < kSide; ++c) {
        patch.displacement_m(k, r, c) = Bowl_m(k, r, c) + static_cast<float>(kNoise_m * random.Normal());
      }
    }
  }
  const Array3<float> before = patch.displacement_m;
  ASSERT_FALSE(RemoveTurbulence(patch.days, patch.reference, patch.displacement_m).left_m2.empty());
  double taken = 0;
  for (size_t i = 0; i < before.values.size(); ++i) {
    taken += std::pow(before.values[i] - patch.displacement_m.values[i], 2);
  }
  EXPECT_LT(std::sqrt(taken / static_cast<double>(before.values.size())), 0.3 * kNoise_m);
}

TEST(RemoveTurbulence, LeavesAloneWhatItCannotJudge) {
  const auto leaves = [](Patch patch) {
    const Array3<float> before = patch.displacement_m;
    const TurbulenceReport report = RemoveTurbulence(patch.days, patch.reference, patch.displacement_m);
    return report.left_m2.empty() && report.notes.size() == 1 && patch.displacement_m.values == before.values;
  };
  const Patch patch = Draw(TestSeed(114));
  Patch border = patch;
  border.reference.from_border = true;
  EXPECT_TRUE(leaves(border));
  Patch few = patch;
  few.days.resize(4);
  few.displacement_m = Array3<float>(4, kSide, kSide);
  EXPECT_TRUE(leaves(few));
  Patch corner = patch;
  for (int r = 0; r < kSide; ++r) {
    for (int c = 0; c < kSide; ++c) corner.reference.mask(r, c) = r < 20 && c < 20;
  }
  EXPECT_TRUE(leaves(corner)) << "four blocks";
}

TEST(RemoveTurbulence, NoiseInMostOfTheReferenceDoesNotHideTheRest) {
  Patch patch = Draw(TestSeed(116));
  for (int k = 0; k < kDates; ++k) {
    for (int r = 0; r < kSide; ++r) {
      for (int c = 0; c < kSide / 2 + 4; ++c) patch.displacement_m(k, r, c) = kMissing;
    }
  }
  EXPECT_FALSE(RemoveTurbulence(patch.days, patch.reference, patch.displacement_m).left_m2.empty());
}

TEST(RemoveTurbulence, LeavesOutADateWithoutReference) {
  Patch patch = Draw(TestSeed(115));
  for (float& value : patch.displacement_m.plane(3)) value = kMissing;
  patch.displacement_m(3, kSide / 2, kSide / 2) = 0.5F;
  const Array3<float> before = patch.displacement_m;
  ASSERT_FALSE(RemoveTurbulence(patch.days, patch.reference, patch.displacement_m).left_m2.empty());
  EXPECT_EQ(patch.displacement_m(3, kSide / 2, kSide / 2), 0.5F);
  EXPECT_NE(patch.displacement_m(4, kSide / 2, kSide / 2), before(4, kSide / 2, kSide / 2));
}

}  // namespace
}  // namespace fringewatch::unwrapper
