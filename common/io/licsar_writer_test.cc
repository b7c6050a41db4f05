#include "common/io/licsar_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "common/io/geopackage.h"
#include "common/io/raster_file.h"
#include "common/io/reader_test_files.h"

namespace fringewatch::io {
namespace {

using namespace testing;  // NOLINT: the test files of this folder

sim::SceneConfig SmallScene() {
  sim::SceneConfig config;
  config.rows = 300;  // more than one strip
  config.cols = 90;
  config.epochs = 4;
  config.pairs = 5;
  config.sites.count = 2;
  config.sites.radius_max_m = 400.0;
  config.gap_fraction = 0.05;
  return config;
}

TEST(LicsarWriter, WhatIsWrittenIsReadBack) {
  TestFolder folder;
  const sim::Scene scene(SmallScene());
  int done = 0;
  ASSERT_TRUE(WriteSimulation(scene, folder.str(), [&](int pairs) { done = pairs; }).ok());
  EXPECT_EQ(done, static_cast<int>(scene.track().pairs.size()));
  StackSource source;
  source.path = folder.str();
  const auto reader = MustOpen(source);
  const Track& track = reader->track();
  EXPECT_EQ(track.format, "licsar");
  EXPECT_TRUE(Reasons(track, InputRecord::Verdict::kRejected).empty())
      << Reasons(track, InputRecord::Verdict::kRejected);
  ASSERT_EQ(track.pairs.size(), scene.track().pairs.size());
  EXPECT_NEAR(track.wavelength_m, scene.track().wavelength_m, 1e-9);
  EXPECT_EQ(track.wavelength_source, "metadata");
  EXPECT_NEAR(track.line_of_sight->east, scene.track().line_of_sight->east, 1e-4);
  EXPECT_NEAR(track.line_of_sight->up, scene.track().line_of_sight->up, 1e-4);
  EXPECT_EQ(track.grid.x0, scene.track().grid.x0);
  EXPECT_EQ(track.grid.spacing_x_m, scene.track().grid.spacing_x_m);
  for (size_t p = 0; p < track.pairs.size(); ++p) {
    EXPECT_EQ(track.pairs[p].Key(), scene.track().pairs[p].Key());
    EXPECT_NEAR(track.pairs[p].perpendicular_baseline_m, scene.track().pairs[p].perpendicular_baseline_m, 0.01);
    const PairRaster expected = scene.Observe(static_cast<int>(p), track.grid.frame());
    const PairRaster read = ReadWhole(*reader, static_cast<int>(p));
    EXPECT_LT(WrappedDifference(read.phase_rad, expected.phase_rad), 1e-6);
    double worst = 0.0;
    for (size_t i = 0; i < read.coherence.size(); ++i) {
      if (std::isnan(read.coherence.values[i])) continue;
      worst = std::max(worst, std::abs(double{read.coherence.values[i]} - expected.coherence.values[i]));
    }
    EXPECT_LE(worst, 0.5 / 255.0 + 1e-6);
  }
  const Window window{250, 10, 20, 30};
  EXPECT_EQ(reader->ReadHeight(window)->values, scene.Height(window).values);
}

TEST(LicsarWriter, TruthStandsBesideIt) {
  TestFolder folder;
  const sim::Scene scene(SmallScene());
  ASSERT_TRUE(WriteSimulation(scene, folder.str()).ok());
  const auto velocity = ReadRaster(folder / "truth/velocity.tif");
  ASSERT_TRUE(velocity.ok()) << MessageOf(velocity.status());
  const Array2<float> expected = scene.Velocity(velocity->grid.frame());
  for (size_t i = 0; i < expected.size(); ++i)
    ASSERT_FLOAT_EQ(velocity->values.values[i], expected.values[i] * 1000.0f);
  const auto last = ReadRaster(folder / ("truth/displacement_" + scene.dates().back().Compact() + ".tif"));
  ASSERT_TRUE(last.ok()) << MessageOf(last.status());
  const int epoch = static_cast<int>(scene.dates().size()) - 1;
  ASSERT_FLOAT_EQ(last->values(150, 45), scene.Displacement(epoch, {150, 45, 1, 1})(0, 0) * 1000.0f);
  const auto sites = ReadGeoPackage(folder / "truth/sites.gpkg", "truth", scene.track().grid);
  ASSERT_TRUE(sites.ok()) << MessageOf(sites.status());
  ASSERT_EQ(sites->features.size(), scene.sites().size());
  EXPECT_NEAR(sites->Number(sites->features[0], "peak_rate_mm_yr"), scene.sites()[0].peak_rate_m_per_yr * 1000.0, 1e-6);
}

TEST(LicsarWriter, FolderThatCannotBeWritten) {
  TestFolder folder;
  WriteText(folder / "taken", "a file where a folder should be");
  const sim::Scene scene(SmallScene());
  const Status status = WriteSimulation(scene, folder / "taken");
  EXPECT_NE(MessageOf(status).find("FW-2004"), std::string::npos) << MessageOf(status);
}

}  // namespace
}  // namespace fringewatch::io
