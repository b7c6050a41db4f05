#include "services/unwrapper/core/atmosphere.h"

#include <gtest/gtest.h>

#include <cmath>

#include "common/base/units.h"
#include "services/unwrapper/core/test_networks.h"

namespace fringewatch::unwrapper {
namespace {

constexpr int kSide = 48, kDates = 5;

double Radius(int r, int c) { return std::hypot(r - 24.0, c - 24.0); }
double Signal_m(int k, int r, int c) { return Radius(r, c) < 14 ? -0.05 * k * (1 - Radius(r, c) / 14) : 0.0; }
float Hill_m(int r, int c) { return static_cast<float>(300 + 150 * std::sin(0.21 * r) * std::cos(0.17 * c)); }

/// Everything outside 16 px of the centre, or only its southern part.
ReferenceArea Ring(bool south_only) {
  ReferenceArea area;
  area.mask = Array2<uint8_t>(kSide, kSide);
  area.site_row = area.site_col = 24;
  for (int r = 0; r < kSide; ++r) {
    for (int c = 0; c < kSide; ++c) area.mask(r, c) = Radius(r, c) > 16 && (!south_only || r > 34) ? 1 : 0;
  }
  return area;
}

template <typename Delay>
Array3<float> Series(Delay&& delay) {
  Array3<float> series(kDates, kSide, kSide);
  for (int k = 0; k < kDates; ++k) {
    for (int r = 0; r < kSide; ++r) {
      for (int c = 0; c < kSide; ++c) series(k, r, c) = static_cast<float>(Signal_m(k, r, c) + delay(k, r, c));
    }
  }
  return series;
}

double LargestError(const Array3<float>& series) {
  double largest = 0;
  for (int k = 0; k < kDates; ++k) {
    for (int r = 0; r < kSide; ++r) {
      for (int c = 0; c < kSide; ++c) largest = std::max(largest, std::abs(series(k, r, c) - Signal_m(k, r, c)));
    }
  }
  return largest;
}

Array2<float> Heights(double scale) {
  Array2<float> height(kSide, kSide);
  for (int r = 0; r < kSide; ++r) {
    for (int c = 0; c < kSide; ++c) height(r, c) = static_cast<float>(scale * Hill_m(r, c));
  }
  return height;
}

TEST(RemoveLocalAtmosphere, RemovesPlaneAndHeightAndKeepsTheSite) {
  Array3<float> series = Series([](int k, int r, int c) {
    return k * (0.004 + 2e-4 * (r - 24) - 1e-4 * (c - 24) + 3e-5 * (Hill_m(r, c) - 300));
  });
  const AtmosphereReport report = RemoveLocalAtmosphere(series, Ring(false), Heights(1));
  EXPECT_LT(LargestError(series), 1e-6);
  ASSERT_EQ(report.epochs.size(), static_cast<size_t>(kDates));
  EXPECT_NEAR(report.epochs[3].per_row_m, 3 * 2e-4, 1e-8);
  EXPECT_NEAR(report.epochs[3].per_col_m, -3 * 1e-4, 1e-8);
  EXPECT_NEAR(report.epochs[3].per_height, 3 * 3e-5, 1e-9);
  EXPECT_GT(report.epochs[3].rms_before_m, 1e-3);
  EXPECT_LT(report.epochs[3].rms_after_m, 1e-6);
  EXPECT_EQ(report.epochs[0].constant_m, 0);
}

TEST(RemoveLocalAtmosphere, OutliersInTheReferenceDoNoHarm) {
  const uint64_t seed = TestSeed(6);
  KeyedRandom random(seed);
  Array3<float> series = Series([](int k, int r, int) { return k * (0.01 + 1e-4 * (r - 24)); });
  for (int k = 1; k < kDates; ++k) {
    for (int r = 0; r < kSide; ++r) {
      for (int c = 0; c < kSide; ++c) {
        if (Radius(r, c) > 16 && random.Chance(0.1)) series(k, r, c) += 0.028F;  // a cycle at C band
      }
    }
  }
  const AtmosphereReport report = RemoveLocalAtmosphere(series, Ring(false), {});
  for (int k = 1; k < kDates; ++k) {
    EXPECT_NEAR(report.epochs[k].constant_m, 0.01 * k, 2e-4);
    EXPECT_NEAR(report.epochs[k].per_row_m, 1e-4 * k, 2e-5);
  }
}

TEST(RemoveLocalAtmosphere, OneSidedReferenceGivesAConstantAndANote) {
  Array3<float> series = Series([](int k, int, int) { return 0.003 * k; });
  for (int c = 0; c < kSide; ++c) series(2, 47, c) += 0.001F;
  const AtmosphereReport report = RemoveLocalAtmosphere(series, Ring(true), {});
  EXPECT_EQ(report.epochs[2].per_row_m, 0);
  EXPECT_EQ(report.epochs[2].per_col_m, 0);
  EXPECT_NEAR(report.epochs[3].constant_m, 0.009, 1e-7);
  ASSERT_EQ(report.notes.size(), 1U);
}

TEST(RemoveLocalAtmosphere, PixelsWithoutASeriesSupportNoPlane) {
  Array3<float> series = Series([](int k, int, int) { return 0.003 * k; });
  for (int k = 0; k < kDates; ++k) {
    for (int r = 0; r < 36; ++r) std::fill_n(&series(k, r, 0), kSide, kMissing);
  }
  for (int c = 0; c < kSide; ++c) series(2, 47, c) += 0.001F;
  const AtmosphereReport report = RemoveLocalAtmosphere(series, Ring(false), {});
  EXPECT_EQ(report.epochs[2].per_row_m, 0);
  ASSERT_EQ(report.notes.size(), 1U);
}

TEST(RemoveLocalAtmosphere, HeightIsLeftOutOnFlatGroundAndWhereItExplainsNothing) {
  KeyedRandom random(TestSeed(8));
  Array3<float> series = Series([&](int, int, int) { return 0.002 * random.Normal(); });
  for (const EpochAtmosphere& epoch : RemoveLocalAtmosphere(series, Ring(false), Heights(1)).epochs) {
    EXPECT_EQ(epoch.per_height, 0);
  }
  series = Series([](int k, int r, int c) { return 1e-3 * k * (Hill_m(r, c) - 300); });
  for (const EpochAtmosphere& epoch : RemoveLocalAtmosphere(series, Ring(false), Heights(0.01)).epochs) {
    EXPECT_EQ(epoch.per_height, 0);
  }
}

TEST(RemoveLocalAtmosphere, EpochWithoutReferenceIsLeftAndSaid) {
  Array3<float> series = Series([](int k, int, int) { return 0.003 * k; });
  const ReferenceArea ring = Ring(false);
  for (int r = 0; r < kSide; ++r) {
    for (int c = 0; c < kSide; ++c) {
      if (ring.mask(r, c)) series(2, r, c) = kMissing;
    }
  }
  const float before = series(2, 24, 24);
  const AtmosphereReport report = RemoveLocalAtmosphere(series, ring, {});
  EXPECT_EQ(series(2, 24, 24), before);
  EXPECT_NEAR(series(3, 24, 24), Signal_m(3, 24, 24), 1e-6);
  ASSERT_EQ(report.notes.size(), 1U);
}

}  // namespace
}  // namespace fringewatch::unwrapper
