#include "services/detector/core/sites.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "common/base/random.h"
#include "common/base/units.h"

namespace fringewatch::detector {
namespace {

constexpr uint64_t kSeed = 99;

/// Highest of Gaussian hills: {row, col, sigma, height}.
struct Hill {
  double row, col, sigma, height;
};
Array2<float> Hills(int rows, int cols, const std::vector<Hill>& hills) {
  Array2<float> map(rows, cols, 0.02F);
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < cols; ++c) {
      for (const Hill& hill : hills) {
        const double square = (std::pow(r - hill.row, 2) + std::pow(c - hill.col, 2)) / (hill.sigma * hill.sigma);
        map(r, c) = std::max(map(r, c), static_cast<float>(hill.height * std::exp(-square / 2)));
      }
    }
  }
  return map;
}

void AddNoise(Array2<float>& map, double amplitude, uint64_t key) {
  KeyedRandom random(HashKeys(kSeed, key));
  for (float& value : map.values) {
    value = std::clamp(value + static_cast<float>(random.Uniform(-amplitude, amplitude)), 0.0F, 1.0F);
  }
}

TEST(Sites, ADiscHasItsAreaAndHoldsItsPeak) {
  const double sigma = 12.0, height = 0.9;
  const auto sites = DrawSites(Hills(100, 120, {{40, 70, sigma, height}}), {0.5, 0.3, 12});
  ASSERT_EQ(sites.size(), 1U);
  const FlaggedSite& site = sites[0].site;
  const double radius = sigma * std::sqrt(2 * std::log(height / 0.3));
  EXPECT_NEAR(site.area_px, kPi * radius * radius, 0.03 * kPi * radius * radius);
  EXPECT_DOUBLE_EQ(RingArea(site.outline), site.area_px);
  EXPECT_EQ(sites[0].pixels.size(), static_cast<size_t>(site.area_px));
  EXPECT_EQ(site.peak_row, 40);
  EXPECT_EQ(site.peak_col, 70);
  EXPECT_NEAR(site.score, height, 1e-6);
  EXPECT_GT(site.mean_score, 0.3);
  EXPECT_LT(site.mean_score, height);
  for (int row = 0; row < 100; ++row) {
    for (int col = 0; col < 120; ++col) {
      const double distance = std::hypot(row - 40, col - 70);
      if (std::abs(distance - radius) < 1) continue;  // the outline runs here
      ASSERT_EQ(RingContains(site.outline, row + 0.5, col + 0.5), distance < radius) << row << " " << col;
    }
  }
  EXPECT_NEAR(site.box.row0, 40 - radius, 1.0);
  EXPECT_NEAR(site.box.cols, 2 * radius, 2.0);
}

TEST(Sites, TouchingBowlsAreSplitAtTheSaddle) {
  const auto sites = DrawSites(Hills(80, 120, {{40, 40, 12, 0.95}, {40, 76, 12, 0.8}}), {0.5, 0.25, 12});
  ASSERT_EQ(sites.size(), 2U);
  EXPECT_EQ(sites[0].site.peak_col, 40);
  EXPECT_EQ(sites[1].site.peak_col, 76);
  for (const int pixel : sites[0].pixels) ASSERT_LT(pixel % 120, 62);
  for (const int pixel : sites[1].pixels) ASSERT_GT(pixel % 120, 54);
  EXPECT_DOUBLE_EQ(RingArea(sites[1].site.outline), sites[1].site.area_px);
}

TEST(Sites, OneNoisyBowlStaysOneAndShallowSaddlesToo) {
  for (uint64_t key = 0; key < 20; ++key) {
    Array2<float> noisy = Hills(80, 80, {{40, 40, 14, 0.85}});
    AddNoise(noisy, 0.1, key);
    ASSERT_EQ(DrawSites(noisy, {0.5, 0.3, 12}).size(), 1U) << "seed " << kSeed << ", noise " << key;
  }
  EXPECT_EQ(DrawSites(Hills(80, 120, {{40, 40, 12, 0.9}, {40, 58, 12, 0.9}}), {0.5, 0.25, 12}).size(), 1U);
}

TEST(Sites, WeakSmallAndMissingAreNoSites) {
  EXPECT_TRUE(DrawSites(Hills(60, 60, {{30, 30, 8, 0.49}}), {0.5, 0.3, 12}).empty());
  EXPECT_TRUE(DrawSites(Hills(60, 60, {{30, 30, 1, 0.9}}), {0.5, 0.3, 12}).empty());
  EXPECT_TRUE(DrawSites(Array2<float>(60, 60, kMissing), {0.5, 0.3, 12}).empty());
  EXPECT_TRUE(DrawSites(Array2<float>(), {0.5, 0.3, 12}).empty());
  Array2<float> half_seen = Hills(60, 60, {{30, 30, 8, 0.9}});
  for (int row = 30; row < 60; ++row) std::fill_n(&half_seen(row, 0), 60, kMissing);
  const auto sites = DrawSites(half_seen, {0.5, 0.3, 12});
  ASSERT_EQ(sites.size(), 1U);
  EXPECT_EQ(sites[0].site.box.row1(), 30);
}

TEST(Sites, APlateauHasItsPeakInTheMiddleWhateverTheNoise) {
  Array2<float> flat = Hills(80, 80, {{41, 37, 14, 30.0}});
  for (float& value : flat.values) value = std::min(value, 0.98F);
  for (uint64_t key = 0; key < 10; ++key) {
    Array2<float> map = flat;
    if (key > 0) AddNoise(map, 0.002, key);
    const auto sites = DrawSites(map, {0.5, 0.3, 12});
    ASSERT_EQ(sites.size(), 1U);
    EXPECT_NEAR(sites[0].site.peak_row, 41, key > 0 ? 1 : 0);
    EXPECT_NEAR(sites[0].site.peak_col, 37, key > 0 ? 1 : 0);
  }
}

TEST(Sites, KnowTheirNeighbours) {
  auto sites = DrawSites(Hills(100, 300, {{50, 40, 8, 0.9}, {50, 75, 8, 0.8}, {50, 250, 8, 0.7}}), {0.5, 0.3, 12});
  ASSERT_EQ(sites.size(), 3U);
  ASSERT_EQ(sites[0].site.neighbours.size(), 1U);
  ASSERT_EQ(sites[1].site.neighbours.size(), 1U);
  EXPECT_TRUE(sites[2].site.neighbours.empty()) << "far away";
  Shift(sites[0].site, 1000, 500);
  Shift(sites[1].site, 1000, 500);
  const PixelRing &told = sites[0].site.neighbours[0], &is = sites[1].site.outline;
  ASSERT_EQ(told.size(), is.size());
  EXPECT_EQ(told[0].row, is[0].row);
  EXPECT_EQ(told[0].col, is[0].col);
}

TEST(Sites, OrderedByScoreAndShifted) {
  auto sites = DrawSites(Hills(60, 160, {{30, 30, 6, 0.7}, {30, 80, 6, 0.95}, {30, 130, 6, 0.7}}), {0.5, 0.3, 12});
  ASSERT_EQ(sites.size(), 3U);
  EXPECT_EQ(sites[0].site.peak_col, 80);
  EXPECT_EQ(sites[1].site.peak_col, 30);
  EXPECT_EQ(sites[2].site.peak_col, 130);
  FlaggedSite& site = sites[0].site;
  const double col = site.outline[0].col;
  Shift(site, 100, 200);
  EXPECT_EQ(site.peak_row, 130);
  EXPECT_EQ(site.peak_col, 280);
  EXPECT_DOUBLE_EQ(site.outline[0].col, col + 200);
  EXPECT_TRUE(site.box.Contains(130, 280));
}

}  // namespace
}  // namespace fringewatch::detector
