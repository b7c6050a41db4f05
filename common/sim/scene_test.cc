#include "common/sim/scene.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "common/base/random.h"
#include "common/raster/phase.h"
#include "common/stack/network.h"
#include "tests/support/seed.h"

namespace fringewatch::sim {
namespace {

const uint64_t kSeed = TestSeed(20240103);

SceneConfig SmallFrame() {
  SceneConfig config;
  config.seed = kSeed;
  config.rows = 300;
  config.cols = 340;
  config.epochs = 6;
  config.pairs = 12;
  config.sites.count = 5;
  config.sites.kinds = {SourceKind::kBowl, SourceKind::kMiningBasin, SourceKind::kLandslide,
                        SourceKind::kMogi, SourceKind::kOkada,       SourceKind::kSinkhole};
  config.snow_fraction = 0.1;
  config.gap_fraction = 0.03;
  config.burst_seam_rad = 0.5;
  return config;
}

bool SameBits(float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }

void ExpectPart(const Array2<float>& whole, const Array2<float>& part, const Window& window) {
  const Array2<float> expected = Crop(whole, window);
  ASSERT_EQ(expected.size(), part.size());
  for (size_t i = 0; i < part.size(); ++i) ASSERT_TRUE(SameBits(expected.values[i], part.values[i])) << "at " << i;
}

TEST(Scene, AnyWindowGivesTheSamePixels) {
  const Scene scene(SmallFrame());
  const Window frame = scene.track().grid.frame();
  const int pair = 7;
  const PairRaster whole = scene.Observe(pair, frame);
  KeyedRandom random(kSeed);
  for (int i = 0; i < 12; ++i) {
    Window window{random.Integer(0, 250), random.Integer(0, 290), 1, 1};
    window.rows = random.Integer(1, frame.rows - window.row0);
    window.cols = random.Integer(1, frame.cols - window.col0);
    const PairRaster part = scene.Observe(pair, window);
    ExpectPart(whole.phase_rad, part.phase_rad, window);
    ExpectPart(whole.coherence, part.coherence, window);
    ExpectPart(scene.TruePhase(pair, frame, true), scene.TruePhase(pair, window, true), window);
    ExpectPart(scene.Coherence(pair, frame), scene.Coherence(pair, window), window);
    ExpectPart(scene.Displacement(3, frame), scene.Displacement(3, window), window);
    ExpectPart(scene.Height(frame), scene.Height(window), window);
  }
}

TEST(Scene, IsAPureFunctionOfItsConfiguration) {
  const Window window{40, 50, 60, 70};
  const Scene first(SmallFrame()), again(SmallFrame());
  EXPECT_EQ(first.TruePhase(3, window, true).values, again.TruePhase(3, window, true).values);
  SceneConfig other = SmallFrame();
  ++other.seed;
  EXPECT_NE(first.TruePhase(3, window, true).values, Scene(other).TruePhase(3, window, true).values);
}

TEST(Scene, TruePhaseOfTripletsClosesExactly) {
  const Scene scene(SmallFrame());
  const Window frame = scene.track().grid.frame();
  const Network network = BuildNetwork(scene.track().pairs);
  ASSERT_FALSE(network.triplets.empty());
  for (const Triplet& t : network.triplets) {
    for (const bool nuisance : {false, true}) {
      const auto ij = scene.TruePhase(t.pair_ij, frame, nuisance), jk = scene.TruePhase(t.pair_jk, frame, nuisance);
      const auto ik = scene.TruePhase(t.pair_ik, frame, nuisance);
      for (size_t i = 0; i < ij.size(); ++i) ASSERT_EQ(ij.values[i] + jk.values[i] - ik.values[i], 0.0f);
    }
  }
}

TEST(Scene, PairsAreTheShortestAndSortedByDate) {
  SceneConfig config = SmallFrame();
  config.epochs = 8;
  config.pairs = 16;  // 7 of 12 days, 6 of 24, 3 of 36
  const Track track = Scene(config).track();
  ASSERT_EQ(track.pairs.size(), 16u);
  int spans[4] = {};
  for (size_t i = 0; i < track.pairs.size(); ++i) {
    ++spans[track.pairs[i].span_days() / 12];
    if (i > 0) {
      EXPECT_LE(track.pairs[i - 1].date1, track.pairs[i].date1);
    }
  }
  EXPECT_EQ(spans[1], 7);
  EXPECT_EQ(spans[2], 6);
  EXPECT_EQ(spans[3], 3);
  config.pairs = 1000;
  config.max_span_days = 24;
  EXPECT_EQ(Scene(config).track().pairs.size(), 13u);
}

TEST(Scene, RightLookingAscendingRadarStandsInTheWest) {
  const LineOfSight los = *Scene(SmallFrame()).track().line_of_sight;
  EXPECT_NEAR(los.east * los.east + los.north * los.north + los.up * los.up, 1.0, 1e-12);
  EXPECT_LT(los.east, -0.5);
  EXPECT_LT(los.north, 0.0);
  EXPECT_NEAR(los.up, std::cos(39.0 * kPi / 180.0), 1e-12);
}

/// One site of a kind, nothing else.
SceneConfig OneSite(SourceKind kind, uint64_t seed) {
  SceneConfig config;
  config.seed = seed;
  config.rows = config.cols = 256;
  config.pixel_m = 20.0;
  config.epochs = 4;
  config.pairs = 3;
  config.sites.count = 1;
  config.sites.kinds = {kind};
  config.sites.radius_min_m = 300.0;
  config.sites.radius_max_m = 600.0;
  return config;
}

constexpr SourceKind kAllKinds[] = {SourceKind::kBowl, SourceKind::kMiningBasin, SourceKind::kLandslide,
                                    SourceKind::kMogi, SourceKind::kOkada,       SourceKind::kSinkhole};

TEST(Scene, SubsidenceIsPositivePhase) {
  const Scene scene(OneSite(SourceKind::kMiningBasin, kSeed));
  const TrueSite& site = scene.sites()[0];
  const int row = static_cast<int>(site.row), col = static_cast<int>(site.col);
  const Window peak{row, col, 1, 1};
  EXPECT_LT(site.peak_rate_m_per_yr, 0.0);
  EXPECT_LT(scene.Velocity(peak).values[0], 0.0f);
  for (int pair = 0; pair < 3; ++pair) EXPECT_GT(scene.TruePhase(pair, peak, false).values[0], 0.0f);
  const float moved = scene.Displacement(2, peak).values[0] - scene.Displacement(1, peak).values[0];
  EXPECT_NEAR(scene.TruePhase(1, peak, false).values[0], -4.0 * kPi / scene.config().wavelength_m * moved, 3e-4);
}

TEST(Scene, SiteTruthAgreesWithItsPixels) {
  for (const SourceKind kind : kAllKinds) {
    for (uint64_t seed = kSeed; seed < kSeed + 4; ++seed) {
      SCOPED_TRACE(testing::Message() << "kind " << static_cast<int>(kind) << " seed " << seed);
      const Scene scene(OneSite(kind, seed));
      const TrueSite& site = scene.sites()[0];
      const Window frame = scene.track().grid.frame();
      const Array2<float> velocity = scene.Velocity(frame);
      float peak = 0.0f;
      for (const float v : velocity.values) peak = std::abs(v) > std::abs(peak) ? v : peak;
      EXPECT_NEAR(peak, site.peak_rate_m_per_yr, 1e-5);
      EXPECT_NEAR(velocity(static_cast<int>(site.row), static_cast<int>(site.col)) / peak, 1.0, 0.12);
      EXPECT_TRUE(RingContains(site.outline, site.row, site.col));
      for (int r = 0; r < frame.rows; ++r) {
        for (int c = 0; c < frame.cols; ++c) {
          if (std::abs(velocity(r, c)) < 0.0101 * std::abs(peak)) continue;
          ASSERT_TRUE(site.box.Contains(r, c));
        }
      }
    }
  }
}

TEST(Scene, OutlineOfAWholeSiteHasTheAreaOfItsRadius) {
  int whole = 0;
  for (const SourceKind kind :
       {SourceKind::kBowl, SourceKind::kMiningBasin, SourceKind::kMogi, SourceKind::kSinkhole}) {
    for (uint64_t seed = kSeed; seed < kSeed + 20; ++seed) {
      const Scene scene(OneSite(kind, seed));
      const TrueSite& site = scene.sites()[0];
      const double radius_px = site.radius_m / 20.0;
      if (std::min({site.row, site.col, 256.0 - site.row, 256.0 - site.col}) < 2.0 * radius_px) continue;
      ++whole;
      EXPECT_NEAR(RingArea(site.outline) / (kPi * radius_px * radius_px), 1.0, 0.08);
    }
  }
  EXPECT_GE(whole, 6);
}

TEST(Scene, SitesKeepApart) {
  SceneConfig config = SmallFrame();
  config.rows = config.cols = 1024;
  config.sites.count = 12;
  config.sites.radius_max_m = 600.0;
  const std::vector<TrueSite> sites = Scene(config).sites();
  ASSERT_EQ(sites.size(), 12u);
  for (size_t i = 0; i < sites.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const double distance_m = 30.0 * std::hypot(sites[i].row - sites[j].row, sites[i].col - sites[j].col);
      EXPECT_GT(distance_m, sites[i].radius_m + sites[j].radius_m);
    }
  }
}

/// A frame without sites and disturbances but those that a test switches on.
SceneConfig QuietFrame() {
  SceneConfig config = SmallFrame();
  config.sites.count = 0;
  config.turbulence_rad = config.perlin_rad = config.stratified_rad_per_km = config.ramp_rad = 0.0;
  config.dem_error_m = config.burst_seam_rad = config.gap_fraction = config.snow_fraction = 0.0;
  return config;
}

TEST(Scene, HeightErrorScalesWithThePerpendicularBaseline) {
  SceneConfig config = QuietFrame();
  config.dem_error_m = 10.0;
  const Scene scene(config);
  const Window window{0, 0, 100, 100};
  const auto first = scene.TruePhase(0, window, true);
  const double baseline = scene.track().pairs[0].perpendicular_baseline_m;
  for (int pair = 1; pair < static_cast<int>(scene.track().pairs.size()); ++pair) {
    const auto other = scene.TruePhase(pair, window, true);
    const double ratio = scene.track().pairs[pair].perpendicular_baseline_m / baseline;
    for (size_t i = 0; i < other.size(); ++i) {
      ASSERT_NEAR(other.values[i], ratio * first.values[i], 3e-4 * (1.0 + std::abs(ratio)));
    }
  }
}

TEST(Scene, StratifiedDelayFollowsTheHeight) {
  SceneConfig config = QuietFrame();
  config.stratified_rad_per_km = 5.0;
  const Scene scene(config);
  const Window frame = scene.track().grid.frame();
  const auto height = scene.Height(frame), phase = scene.TruePhase(2, frame, true);
  const auto [low, high] = std::minmax_element(height.values.begin(), height.values.end());
  const auto at = [&](auto place) { return phase.values[place - height.values.begin()]; };
  const float per_metre = (at(high) - at(low)) / (*high - *low);
  for (size_t i = 0; i < phase.size(); i += 97) {
    ASSERT_NEAR(phase.values[i] - phase.values[0], per_metre * (height.values[i] - height.values[0]), 2e-3);
  }
}

TEST(Scene, ShareOfGapsIsAsAskedFor) {
  SceneConfig config = QuietFrame();
  config.gap_fraction = 0.1;
  const Scene scene(config);
  double missing = 0.0, pixels = 0.0;
  for (int pair = 0; pair < static_cast<int>(scene.track().pairs.size()); ++pair) {
    const PairRaster observed = scene.Observe(pair, scene.track().grid.frame());
    for (size_t i = 0; i < observed.phase_rad.size(); ++i) {
      ASSERT_EQ(std::isnan(observed.phase_rad.values[i]), std::isnan(observed.coherence.values[i]));
      missing += std::isnan(observed.phase_rad.values[i]);
    }
    pixels += static_cast<double>(observed.phase_rad.size());
  }
  EXPECT_NEAR(missing / pixels, 0.1, 0.04);
}

TEST(Scene, WaterTakesItsShareAndHasNoCoherence) {
  SceneConfig config = QuietFrame();
  config.rows = config.cols = 1000;
  config.water_fraction = 0.1;
  double water = 0.0;
  constexpr int kScenes = 12;
  for (int i = 0; i < kScenes; ++i, ++config.seed) {
    const auto map = Scene(config).Coherence(0, {0, 0, 1000, 1000});
    water += static_cast<double>(std::count(map.values.begin(), map.values.end(), 0.0f)) / 1e6;
  }
  EXPECT_NEAR(water / kScenes, 0.1, 0.035);
}

TEST(Scene, CoherenceStaysInItsRangeAndFadesWithTime) {
  const Scene scene(QuietFrame());
  const Window frame = scene.track().grid.frame();
  const std::vector<Pair>& pairs = scene.track().pairs;
  const auto longer = [](const Pair& a, const Pair& b) { return a.span_days() < b.span_days(); };
  ASSERT_EQ(pairs[0].span_days(), 12);
  const auto longest = std::max_element(pairs.begin(), pairs.end(), longer);
  const auto map = scene.Coherence(0, frame);
  const auto faded = scene.Coherence(static_cast<int>(longest - pairs.begin()), frame);
  double land = 0.0, later = 0.0;
  for (size_t i = 0; i < map.size(); ++i) {
    ASSERT_LE(map.values[i], 0.9001f);
    ASSERT_LE(faded.values[i], map.values[i]);
    land += map.values[i], later += faded.values[i];
  }
  EXPECT_LT(later, 0.95 * land);
}

TEST(Scene, ObservationIsTruthPlusSpeckle) {
  SceneConfig config = OneSite(SourceKind::kBowl, kSeed);
  config.coherence_min = 0.9;
  config.coherence_max = 0.95;
  config.water_fraction = config.vegetation_fraction = 0.0;
  config.dem_relief_m = 50.0;
  config.looks = 40.0;
  const Scene scene(config);
  const Window frame = scene.track().grid.frame();
  const PairRaster observed = scene.Observe(1, frame);
  const auto truth = scene.TruePhase(1, frame, true);
  double squares = 0.0;
  for (size_t i = 0; i < truth.size(); ++i) {
    EXPECT_LE(std::abs(observed.phase_rad.values[i]), static_cast<float>(kPi) + 1e-5f);
    squares += std::pow(Wrap(observed.phase_rad.values[i] - truth.values[i]), 2);
  }
  // Cramer-Rao: sqrt((1 - g^2) / (2 L)) / g = 0.054 at g = 0.9 and 0.037 at 0.95.
  const double sigma = std::sqrt(squares / static_cast<double>(truth.size()));
  EXPECT_GT(sigma, 0.036);
  EXPECT_LT(sigma, 0.065);
}

TEST(SimulatedStack, ReadsWhatTheSceneShows) {
  const SimulatedStack stack(SmallFrame());
  const Window window{10, 20, 50, 40};
  const auto pair = stack.ReadPair(2, window);
  ASSERT_TRUE(pair.ok());
  ExpectPart(stack.scene().Observe(2, window).phase_rad, pair->phase_rad, {0, 0, 50, 40});
  ASSERT_TRUE(stack.ReadHeight(window).ok());
}

TEST(RandomTrainingScene, VariesAndIsFinite) {
  int empty = 0, rising = 0, sinking = 0, wild = 0;
  double least_rad = 1e9, most_rad = 0.0;
  constexpr int kScenes = 300;
  for (uint64_t seed = kSeed; seed < kSeed + kScenes; ++seed) {
    SCOPED_TRACE(seed);
    const SceneConfig config = RandomTrainingScene(seed, 64);
    EXPECT_TRUE(config.pixel_m >= 10.0 && config.pixel_m <= 100.0);
    EXPECT_TRUE(config.looks >= 4.0 && config.looks <= 40.0);
    const Scene scene(config);
    ASSERT_EQ(scene.track().pairs.size(), 1u);
    const Window frame = scene.track().grid.frame();
    const PairRaster observed = scene.Observe(0, frame);
    const auto truth = scene.TruePhase(0, frame, false);
    for (size_t i = 0; i < truth.size(); ++i) {
      ASSERT_TRUE(std::isfinite(truth.values[i]));
      ASSERT_FALSE(std::isinf(observed.phase_rad.values[i]) || std::isinf(observed.coherence.values[i]));
    }
    empty += scene.sites().empty();
    wild += config.turbulence_rad > 1.0;
    for (const TrueSite& site : scene.sites()) {
      (site.peak_rate_m_per_yr > 0.0 ? rising : sinking) += 1;
      const double peak_rad = site.peak_phase_12_days_rad * config.repeat_days / 12.0;
      least_rad = std::min(least_rad, peak_rad), most_rad = std::max(most_rad, peak_rad);
    }
  }
  EXPECT_NEAR(empty, 0.75 * kScenes, 0.1 * kScenes);
  EXPECT_GT(rising, 20);
  EXPECT_GT(sinking, 2 * rising);
  EXPECT_GT(wild, kScenes / 10);
  EXPECT_GE(least_rad, 0.69);
  EXPECT_LT(least_rad, 1.5);
  EXPECT_GT(most_rad, 40.0);
  EXPECT_LE(most_rad, 60.1);
}

}  // namespace
}  // namespace fringewatch::sim
