// Folders that take another's place, and rings that become longitudes and latitudes.
#include "common/io/folder_replace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/io/file_replace.h"
#include "common/io/wgs84.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch::io {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class FolderReplaceTest : public testing::Test {
 protected:
  std::string NewFolder(const std::string& content) const {
    const auto made = MakeSiblingFolder(target_);
    EXPECT_THAT(made, IsOk());
    fs::create_directories(*made + "/below");
    std::ofstream(*made + "/below/file") << content;
    return *made;
  }
  std::string Content() const { return ReadWholeFile(target_ + "/below/file").value_or("none"); }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) names.push_back(entry.path().filename().string());
    return names;
  }

  TemporaryFolder folder_;
  std::string target_ = folder_ / "products";
};

TEST_F(FolderReplaceTest, TakesThePlaceOfNothingAndOfAnother) {
  ASSERT_THAT(ReplaceFolder(NewFolder("first"), target_), IsOk());
  EXPECT_EQ(Content(), "first");
  ASSERT_THAT(ReplaceFolder(NewFolder("second"), target_ + "/"), IsOk());
  EXPECT_EQ(Content(), "second");
  EXPECT_THAT(Names(), ElementsAre("products"));
  EXPECT_EQ(fs::status(target_).permissions(), fs::perms(0755));
}

TEST_F(FolderReplaceTest, SiblingsAreHiddenUniqueAndRemovedWhenOld) {
  const std::string old = NewFolder("old"), fresh = NewFolder("fresh"), other = folder_ / ".other.ab";
  fs::create_directories(other);
  EXPECT_NE(old, fresh);
  EXPECT_TRUE(fs::path(old).filename().string().starts_with(".products."));
  for (const std::string& path : {old, other}) {
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(25));
  }
  const std::string newest = NewFolder("newest");
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(fresh));
  EXPECT_TRUE(fs::exists(other)) << "not ours";
}

TEST_F(FolderReplaceTest, AFailureLeavesBothWhereTheyAre) {
  const std::string made = NewFolder("new");
  EXPECT_THAT(ReplaceFolder(made, folder_ / "nowhere/products"), IsFault(Fault::kNotWritable));
  EXPECT_TRUE(fs::exists(made));
  std::ofstream(folder_ / "file") << "x";
  EXPECT_THAT(MakeSiblingFolder(folder_ / "file/products"), IsFault(Fault::kNotWritable));
}

Grid GridOf(const std::string& crs, double x0, double y0, double step) {
  Grid grid{.rows = 100, .cols = 100, .x0 = x0, .y0 = y0, .dx = step, .dy = -step};
  grid.crs_wkt = crs;
  return grid;
}

TEST(ToWgs84, GeographicGridsKeepTheirDegrees) {
  const auto ring = ToWgs84({{.col = 0, .row = 0}, {.col = 10, .row = 20}}, GridOf("EPSG:4326", 18.25, 50.5, 0.125));
  ASSERT_THAT(ring, IsOk());
  EXPECT_THAT(*ring, ElementsAre(LonLat{18.25, 50.5}, LonLat{19.5, 48})) << "longitude first";
}

TEST(ToWgs84, ProjectedGridsAreTransformed) {
  // UTM zone 31N: its central meridian is 3 degrees east, at 500 km; the equator lies at 0.
  const auto ring = ToWgs84({{.col = 0, .row = 0}, {.col = 0, .row = 10}}, GridOf("EPSG:32631", 500'000, 1000, 100));
  ASSERT_THAT(ring, IsOk());
  EXPECT_NEAR((*ring)[0].lon, 3, 1e-9);
  EXPECT_NEAR((*ring)[0].lat, 1000 / 110'574.0 * (1 / 0.9996), 1e-5) << "metres per degree at the equator";
  EXPECT_NEAR((*ring)[1].lat, 0, 1e-9);
}

TEST(ToWgs84, RingsGoOnAcrossTheDateLine) {
  // UTM zone 60 ends at 180 degrees; 900 km east of its origin lies beyond.
  const auto ring = ToWgs84({{.col = 0, .row = 0}, {.col = 99, .row = 0}}, GridOf("EPSG:32660", 800'000, 1000, 2000));
  ASSERT_THAT(ring, IsOk());
  EXPECT_LT((*ring)[0].lon, 180);
  EXPECT_GT((*ring)[0].lon, 179);
  EXPECT_GT((*ring)[1].lon, 180);
  EXPECT_LT((*ring)[1].lon, 183);
}

TEST(ToWgs84, WithoutGeoreferenceThereIsNoRing) {
  EXPECT_TRUE(ToWgs84({{.col = 0, .row = 0}}, GridOf("", 0, 0, 1)).value().empty());
  EXPECT_THAT(ToWgs84({{.col = 0, .row = 0}}, GridOf("nonsense", 0, 0, 1)), IsFault(Fault::kInternal));
}

}  // namespace
}  // namespace fringewatch::io
