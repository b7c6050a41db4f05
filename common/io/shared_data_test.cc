// Real stacks, where the environment names a folder that holds them.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "common/io/reader_test_files.h"

namespace fringewatch::io {
namespace {

using namespace testing;  // NOLINT: the test files of this folder

class SharedData : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("FRINGEWATCH_SHARED_DATA");
    if (folder == nullptr) GTEST_SKIP() << "FRINGEWATCH_SHARED_DATA is not set: the real stacks are not tested";
    folder_ = folder;
  }
  std::string folder_;
};

TEST_F(SharedData, MexicoCity) {
  StackSource source;
  source.path = folder_ + "/mexico_city";
  source.format = "geotiff";
  source.pattern = "cropA_{date1}-{date2}_VV_8rlks_eqa_unw.tif";
  source.coherence_pattern = "cropA_{date1}-{date2}_VV_8rlks_flat_eqa_cc.tif";
  source.height_path = source.path + "/cropA_T005A_dem.tif";
  source.unwrapped = true;
  const auto reader = MustOpen(source);
  const Track& track = reader->track();
  EXPECT_EQ(track.pairs.size(), 30u);
  EXPECT_EQ(DatesOf(track.pairs).size(), 13u);
  EXPECT_NEAR(track.wavelength_m, 0.0555041577, 1e-9);
  EXPECT_TRUE(track.rewrapped && track.has_coherence && track.has_height && track.grid.geographic);
  EXPECT_EQ(track.grid.cols, 100);
  EXPECT_NEAR(track.grid.PixelSize_m(), 150.0, 5.0);
  const PairRaster raster = ReadWhole(*reader, 0);
  for (const float phase : raster.phase_rad.values) EXPECT_FALSE(std::abs(phase) > 3.1416f);
}

TEST_F(SharedData, Appin) {
  StackSource source;
  source.path = folder_ + "/appin_longwall";
  source.pattern = "geo_{date1}-{date2}_unw.tif";
  source.unwrapped = true;
  const auto reader = MustOpen(source);
  EXPECT_EQ(reader->track().pairs.size(), 17u);
  EXPECT_EQ(DatesOf(reader->track().pairs).front().Compact(), "20060619");
  EXPECT_FALSE(reader->track().has_coherence);
}

TEST_F(SharedData, Danba) {
  StackSource source;
  source.path = folder_ + "/danba_landslide";
  const auto reader = MustOpen(source);
  const Track& track = reader->track();
  EXPECT_EQ(track.format, "gamma");
  EXPECT_EQ(track.pairs.size(), 447u);
  EXPECT_EQ(DatesOf(track.pairs).size(), 97u);
  EXPECT_NEAR(track.wavelength_m, 0.0554658, 1e-7);
  EXPECT_EQ(track.orbit_direction, "descending");
  EXPECT_TRUE(track.has_coherence);
  EXPECT_NEAR(track.grid.spacing_x_m, 15.4, 0.1);
}

}  // namespace
}  // namespace fringewatch::io
