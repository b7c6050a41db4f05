#include "common/sim/scene.h"

#include <gtest/gtest.h>

#include <cmath>

#include "common/base/random.h"
#include "common/raster/phase.h"

namespace fringewatch::sim {
namespace {

constexpr uint64_t kSeed = 20240103;

SceneConfig SmallFrame() {
  SceneConfig config;
  config.seed = kSeed;
  config.rows = 300;
  config.cols = 340;
  config.epochs = 6;
  config.pairs = 12;
  config.sites.count = 5;
  config.sites.kinds = {SourceKind::kBowl,  SourceKind::kMiningBasin, SourceKind::kLandslide,
                        SourceKind::kMogi,  SourceKind::kOkada,       SourceKind::kSinkhole};
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
  RecordProperty("seed", std::to_string(kSeed));
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

}  // namespace
}  // namespace fringewatch::sim
