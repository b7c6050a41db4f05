#include "common/sim/sources.h"

#include <gtest/gtest.h>

#include <cmath>

#include "common/sim/okada.h"
#include "tests/support/seed.h"

namespace fringewatch::sim {
namespace {

const uint64_t kSeed = TestSeed(1985);
constexpr LineOfSight kUpward{0.0, 0.0, 1.0}, kEastward{1.0, 0.0, 0.0};

std::unique_ptr<Source> Draw(SourceKind kind, const LineOfSight& los, uint64_t seed) {
  KeyedRandom random(seed);
  return DrawSource(kind, los, SlopeAt{1.0, 0.0, 0.3}, random);
}

/// Fault of Okada (1985), table 2, cases 2 and 3.
OkadaFault TableFault(double dip_deg) {
  return {.depth = 4.0, .dip_rad = dip_deg * kPi / 180.0, .length = 3.0, .width = 2.0};
}

void ExpectVector(const std::array<double, 3>& u, double x, double y, double z) {
  const double digit = 0.6e-3;  // four significant digits are published
  EXPECT_NEAR(u[0], x, std::abs(x) * digit + 1e-9);
  EXPECT_NEAR(u[1], y, std::abs(y) * digit + 1e-9);
  EXPECT_NEAR(u[2], z, std::abs(z) * digit + 1e-9);
}

TEST(Okada, MatchesThePublishedCheckValues) {
  OkadaFault strike = TableFault(70.0), dip = strike, tensile = strike;
  strike.strike_slip = dip.dip_slip = tensile.opening = 1.0;
  ExpectVector(OkadaDisplacement(strike, 2.0, 3.0), -8.689e-3, -4.298e-3, -2.747e-3);
  ExpectVector(OkadaDisplacement(dip, 2.0, 3.0), -4.682e-3, -3.527e-2, -3.564e-2);
  ExpectVector(OkadaDisplacement(tensile, 2.0, 3.0), -2.660e-4, 1.056e-2, 3.214e-3);
}

TEST(Okada, VerticalFaultIsTheLimitOfSteepOnes) {
  for (int mechanism = 0; mechanism < 3; ++mechanism) {
    OkadaFault upright = TableFault(90.0), steep = TableFault(89.99);
    double OkadaFault::*const slip[] = {&OkadaFault::strike_slip, &OkadaFault::dip_slip, &OkadaFault::opening};
    upright.*slip[mechanism] = steep.*slip[mechanism] = 1.0;
    const auto a = OkadaDisplacement(upright, 1.2, 0.7), b = OkadaDisplacement(steep, 1.2, 0.7);
    for (int i = 0; i < 3; ++i) EXPECT_NEAR(a[i], b[i], 1e-4) << "mechanism " << mechanism << " component " << i;
  }
}

TEST(Okada, HorizontalCrackFarAwayIsAPointSourceOfItsVolume) {
  // A small horizontal crack of volume V at depth d: uz = 3 V d^3 / (2 pi R^5) (Okada 1985, point source).
  OkadaFault sill{.depth = 10.0, .dip_rad = 1e-5, .length = 0.05, .width = 0.05, .opening = 1.0};
  for (const double east : {0.0, 5.0, 14.0}) {
    const double r = std::sqrt(east * east + 100.0);
    const double point_source = 3.0 * 0.0025 * 1000.0 / (kTwoPi * std::pow(r, 5));
    EXPECT_NEAR(OkadaDisplacement(sill, 0.025 + east, 0.025)[2] / point_source, 1.0, 1e-4);
  }
}

TEST(Mogi, FollowsItsClosedForm) {
  const auto up = Draw(SourceKind::kMogi, kUpward, kSeed), east = Draw(SourceKind::kMogi, kEastward, kSeed);
  const double peak = up->LineOfSightAt(0.0, 0.0, 1.0);
  EXPECT_NEAR(std::abs(peak), 1.0, 1e-12);
  for (const double x : {0.3, 1.0, 2.5}) {
    const double cube = std::pow(x * x + 0.16 + 1.0, 1.5);
    EXPECT_NEAR(up->LineOfSightAt(x, 0.4, 1.0), peak / cube, 1e-12);
    EXPECT_NEAR(east->LineOfSightAt(x, 0.4, 1.0), peak * x / cube, 1e-12);
  }
}

TEST(MiningBasin, MovesSidewaysInProportionToItsTilt) {
  // Probability integral method: horizontal movement = b r x gradient of subsidence, everywhere the same b.
  const auto up = Draw(SourceKind::kMiningBasin, kUpward, kSeed);
  const auto east = Draw(SourceKind::kMiningBasin, kEastward, kSeed);
  const double h = 1e-4;
  double share = 0.0;
  for (const double x : {-0.9, -0.4, 0.35, 0.8, 1.3}) {
    const double gradient = (up->LineOfSightAt(x + h, 0.2, 0.7) - up->LineOfSightAt(x - h, 0.2, 0.7)) / (2.0 * h);
    const double ratio = -east->LineOfSightAt(x, 0.2, 0.7) / gradient;
    if (share == 0.0) share = ratio;
    EXPECT_NEAR(ratio, share, 1e-5);
  }
  EXPECT_GT(share, 0.1);
  EXPECT_LT(share, 0.4);
}

TEST(MiningBasin, MovesWithItsFace) {
  // What subsides in the first tenth of the period lies elsewhere than what subsides in the last.
  const auto source = Draw(SourceKind::kMiningBasin, kUpward, kSeed);
  double early_x = 0, early_y = 0, early = 0, late_x = 0, late_y = 0, late = 0;
  for (double y = -5.0; y <= 5.0; y += 0.1) {
    for (double x = -5.0; x <= 5.0; x += 0.1) {
      const double a = source->LineOfSightAt(x, y, 0.1);
      const double b = source->LineOfSightAt(x, y, 1.0) - source->LineOfSightAt(x, y, 0.9);
      early += a, early_x += a * x, early_y += a * y, late += b, late_x += b * x, late_y += b * y;
    }
  }
  EXPECT_GT(std::hypot(late_x / late - early_x / early, late_y / late - early_y / early), 0.08);
}

TEST(Sources, StartAtZeroAndKeepTheirTimeLaw) {
  for (const SourceKind kind : {SourceKind::kBowl, SourceKind::kMiningBasin, SourceKind::kLandslide, SourceKind::kMogi,
                                SourceKind::kOkada, SourceKind::kSinkhole}) {
    for (uint64_t seed = kSeed; seed < kSeed + 20; ++seed) {
      const auto source = Draw(kind, {-0.6, -0.14, 0.78}, seed);
      EXPECT_EQ(source->LineOfSightAt(0.1, 0.2, 0.0), 0.0);
      const double final_value = source->LineOfSightAt(0.1, 0.2, 1.0);
      EXPECT_TRUE(std::isfinite(final_value));
      if (!source->stationary()) continue;
      EXPECT_NEAR(source->TimeLaw(1.0), 1.0, 1e-12);
      EXPECT_NEAR(source->LineOfSightAt(0.1, 0.2, 0.4), source->TimeLaw(0.4) * final_value, 1e-12);
    }
  }
}

}  // namespace
}  // namespace fringewatch::sim
