// Products as files: what is written is read back, twice the same content is the same bytes, and a place that
// cannot be written is an error with a remedy, not half a file.
#include <cpl_vsi.h>
#include <gdal_priv.h>
#include <gtest/gtest.h>
#include <ogr_spatialref.h>

#include <cmath>
#include <filesystem>

#include "common/base/hash.h"
#include "common/base/units.h"
#include "common/io/cog_writer.h"
#include "common/io/copy_tree.h"
#include "common/io/file_replace.h"
#include "common/io/geopackage.h"
#include "common/io/mintpy_file.h"
#include "common/io/png.h"
#include "common/io/raster_file.h"
#include "common/io/vsi.h"

namespace fringewatch::io {
namespace {

namespace fs = std::filesystem;

class WritersTest : public testing::Test {
 protected:
  WritersTest() {
    folder_ = fs::temp_directory_path() /
              (std::string("fringewatch_") + testing::UnitTest::GetInstance()->current_test_info()->name() + "_" +
               std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  ~WritersTest() override { fs::remove_all(folder_); }
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  size_t Files() const { return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), {})); }
  fs::path folder_;
};

Grid Utm(int rows, int cols) {
  OGRSpatialReference reference;
  reference.importFromEPSG(32634);
  char* wkt = nullptr;
  reference.exportToWkt(&wkt);
  Grid grid{rows, cols, 300000, 5600000, 30, -30, wkt};
  CPLFree(wkt);
  SetSpacing(grid);
  return grid;
}

Array2<float> Ramp(int rows, int cols) {
  Array2<float> values(rows, cols);
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < cols; ++c) values(r, c) = (r + c) % 7 == 0 ? kMissing : static_cast<float>(r) - 0.25F * c;
  }
  return values;
}

/// Band of a file as GDAL gives it.
Array2<float> Band1(const std::string& path) {
  GDALAllRegister();
  const GDALDatasetUniquePtr dataset(GDALDataset::Open(path.c_str()));
  EXPECT_TRUE(dataset) << path;
  Array2<float> values(dataset->GetRasterYSize(), dataset->GetRasterXSize());
  EXPECT_EQ(dataset->GetRasterBand(1)->RasterIO(GF_Read, 0, 0, values.cols, values.rows, values.values.data(),
                                                values.cols, values.rows, GDT_Float32, 0, 0, nullptr),
            CE_None);
  return values;
}

void ExpectSame(const Array2<float>& a, const Array2<float>& b) {
  ASSERT_EQ(a.rows, b.rows);
  ASSERT_EQ(a.cols, b.cols);
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a.values[i])) {
      ASSERT_TRUE(std::isnan(b.values[i])) << i;
    } else {
      ASSERT_EQ(a.values[i], b.values[i]) << i;
    }
  }
}

TEST_F(WritersTest, CogKeepsValuesTagsAndBytes) {
  const Grid grid = Utm(700, 1100);
  const Array2<float> first = Ramp(700, 1100), second(700, 1100, 2.0F);
  const std::vector<Band> bands = {{"velocity", &first}, {"sigma", &second}};
  const std::map<std::string, std::string> tags = {{"UNITS", "mm/yr"}, {"SIGN", "positive_toward_satellite"}};
  ASSERT_TRUE(WriteCog(Path("a.tif"), grid, bands, tags).ok());
  ASSERT_TRUE(WriteCog(Path("b.tif"), grid, bands, tags).ok());
  EXPECT_EQ(*Sha256File(Path("a.tif")), *Sha256File(Path("b.tif")));
  EXPECT_EQ(Files(), 2U) << "temporary files are left";
  ExpectSame(first, Band1(Path("a.tif")));
  const GDALDatasetUniquePtr dataset(GDALDataset::Open(Path("a.tif").c_str()));
  EXPECT_STREQ(dataset->GetMetadataItem("LAYOUT", "IMAGE_STRUCTURE"), "COG");
  EXPECT_STREQ(dataset->GetMetadataItem("UNITS"), "mm/yr");
  EXPECT_STREQ(dataset->GetRasterBand(2)->GetDescription(), "sigma");
  EXPECT_TRUE(std::isnan(dataset->GetRasterBand(1)->GetNoDataValue()));
  EXPECT_GE(dataset->GetRasterBand(1)->GetOverviewCount(), 1);
  std::array<double, 6> transform{};
  dataset->GetGeoTransform(transform.data());
  EXPECT_EQ(transform[0], 300000);
  EXPECT_EQ(transform[5], -30);
}

TEST_F(WritersTest, CogWriterMergesWindowsAndLeavesTheRestMissing) {
  const Grid grid = Utm(2048, 2048);
  Array2<float> site(40, 30, 1.5F);
  site(0, 0) = kMissing;
  const auto write = [&](const std::string& path, bool reversed) {
    auto writer = *CogWriter::Create(path, grid, {"velocity"});
    const std::vector<Window> windows = {{100, 200, 40, 30}, {1990, 2000, 40, 30}};
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(writer->Write(0, windows[reversed ? 1 - i : i], site).ok());
    ASSERT_TRUE(writer->Write(0, windows[0], Array2<float>(40, 30, kMissing)).ok());
    ASSERT_TRUE(writer->Finish({}).ok());
  };
  write(Path("a.tif"), false);
  write(Path("b.tif"), true);
  EXPECT_EQ(*Sha256File(Path("a.tif")), *Sha256File(Path("b.tif")));
  const Array2<float> read = Band1(Path("a.tif"));
  EXPECT_TRUE(std::isnan(read(100, 200)));
  EXPECT_EQ(read(100, 201), 1.5F);
  EXPECT_EQ(read(2029, 2029), 1.5F);
  EXPECT_TRUE(std::isnan(read(1024, 1024)));
  EXPECT_EQ(std::count_if(read.values.begin(), read.values.end(), [](float v) { return !std::isnan(v); }), 2398);
}

TEST_F(WritersTest, UnfinishedCogLeavesNothing) {
  { auto writer = *CogWriter::Create(Path("a.tif"), Utm(64, 64), {"velocity"}); }
  EXPECT_EQ(Files(), 0U);
}

PolygonLayer TwoSites() {
  PolygonLayer layer{"sites", {{"site_id"}, {"n_pairs", FieldType::kInteger}, {"vel_mm_yr", FieldType::kReal}}, {}};
  layer.features.push_back({{{10, 20}, {14, 20}, {14, 26}, {10, 26}}, {"FW-b", int64_t{7}, -12.5}});
  layer.features.push_back({{{100, 50}, {110, 50}, {105, 61.5}}, {"FW-a <&>", int64_t{9}, std::nan("")}});
  return layer;
}

TEST_F(WritersTest, GeoPackageRoundTrip) {
  Grid unreferenced{200, 200, 0, 0, 1, -1};
  for (const Grid& grid : {Utm(200, 200), unreferenced}) {
    ASSERT_TRUE(WriteGeoPackage(Path("a.gpkg"), TwoSites(), grid).ok());
    const auto read = ReadGeoPackage(Path("a.gpkg"), "sites", grid);
    ASSERT_TRUE(read.ok()) << read.status();
    ASSERT_EQ(read->features.size(), 2U);
    const PolygonFeature& first = read->features[0];
    ASSERT_EQ(first.outline.size(), 4U);
    EXPECT_NEAR(first.outline[2].col, 14, 1e-9);
    EXPECT_NEAR(first.outline[2].row, 26, 1e-9);
    EXPECT_EQ(read->Text(first, "site_id"), "FW-b");
    EXPECT_EQ(read->Number(first, "n_pairs"), 7);
    EXPECT_EQ(read->Number(first, "vel_mm_yr"), -12.5);
    EXPECT_EQ(read->Text(read->features[1], "site_id"), "FW-a <&>");
    EXPECT_TRUE(std::isnan(read->Number(read->features[1], "vel_mm_yr")));
    EXPECT_TRUE(std::isnan(read->Number(first, "no_such_field")));
  }
  EXPECT_EQ(Files(), 1U);
}

TEST_F(WritersTest, GeoPackageIsTheSameBytes) {
  ASSERT_TRUE(WriteGeoPackage(Path("a.gpkg"), TwoSites(), Utm(200, 200)).ok());
  ASSERT_TRUE(WriteGeoPackage(Path("b.gpkg"), TwoSites(), Utm(200, 200)).ok());
  EXPECT_EQ(*Sha256File(Path("a.gpkg")), *Sha256File(Path("b.gpkg")));
  const std::string bytes = *ReadWholeFile(Path("a.gpkg"));
  EXPECT_NE(bytes.find("2000-01-01T00:00:00"), std::string::npos) << "the fixed instant stands for the clock";
}

TEST_F(WritersTest, GeoPackageNamesWhatIsThere) {
  ASSERT_TRUE(WriteGeoPackage(Path("a.gpkg"), TwoSites(), Utm(200, 200)).ok());
  const auto read = ReadGeoPackage(Path("a.gpkg"), "truth", Utm(200, 200));
  ASSERT_FALSE(read.ok());
  EXPECT_NE(MessageOf(read.status()).find("it has: sites"), std::string::npos) << read.status();
  EXPECT_FALSE(ReadGeoPackage(Path("none.gpkg"), "sites", Utm(2, 2)).ok());
}

Track ThreeDates() {
  Track track;
  track.name = "005A";
  track.grid = Utm(200, 300);
  track.wavelength_m = 0.055465763;
  const Date a = *ParseDate("20240103"), b = *ParseDate("20240115"), c = *ParseDate("20240127");
  track.pairs = {{a, b, 10.0}, {a, c, -5.0}, {b, c, -15.0}};
  return track;
}

SiteSeries MadeSeries() {
  SiteSeries series;
  series.window = {20, 30, 5, 4};
  series.dates = DatesOf(ThreeDates().pairs);
  series.displacement_m = Array3<float>(3, 5, 4);
  for (size_t i = 0; i < series.displacement_m.values.size(); ++i) series.displacement_m.values[i] = 1e-3F * i;
  series.displacement_m(2, 4, 3) = kMissing;
  series.displacement_std_m = Array3<float>(3, 5, 4, 0.002F);
  series.velocity_m_per_yr = Ramp(5, 4);
  series.velocity_std_m_per_yr = Array2<float>(5, 4, 0.01F);
  series.acceleration_m_per_yr2 = Array2<float>(5, 4, -0.5F);
  series.acceleration_std_m_per_yr2 = Array2<float>(5, 4, 0.25F);
  series.temporal_coherence = Array2<float>(5, 4, 0.9F);
  series.mean_coherence = Array2<float>(5, 4, 0.6F);
  series.flags = Array2<uint8_t>(5, 4, kOutsideSite | kReferenceArea);
  series.reference_pixels = 20;
  series.pixels_unwrapped = 1234567.0;
  series.notes = {"first note", "second: a < b\nwith a second line"};
  return series;
}

TEST_F(WritersTest, SiteFileRestoresTheSeries) {
  const SiteSeries series = MadeSeries();
  ASSERT_TRUE(WriteSiteFile(Path("sites/a.h5"), series, ThreeDates(), {{"MODEL_SHA256", "abc"}}).ok());
  const auto read = ReadSiteFile(Path("sites/a.h5"));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->window, series.window);
  EXPECT_EQ(read->dates, series.dates);
  ASSERT_EQ(read->displacement_m.planes, 3);
  EXPECT_EQ(read->displacement_m(1, 2, 3), series.displacement_m(1, 2, 3));
  EXPECT_TRUE(std::isnan(read->displacement_m(2, 4, 3)));
  EXPECT_EQ(read->displacement_std_m.values, series.displacement_std_m.values);
  ExpectSame(series.velocity_m_per_yr, read->velocity_m_per_yr);
  ExpectSame(series.velocity_std_m_per_yr, read->velocity_std_m_per_yr);
  ExpectSame(series.acceleration_m_per_yr2, read->acceleration_m_per_yr2);
  ExpectSame(series.acceleration_std_m_per_yr2, read->acceleration_std_m_per_yr2);
  ExpectSame(series.temporal_coherence, read->temporal_coherence);
  ExpectSame(series.mean_coherence, read->mean_coherence);
  EXPECT_EQ(read->flags.values, series.flags.values);
  EXPECT_EQ(read->reference_pixels, 20);
  EXPECT_EQ(read->pixels_unwrapped, 1234567.0);
  EXPECT_EQ(read->notes, series.notes);
}

TEST_F(WritersTest, SiteFileIsTheSameBytes) {
  const std::string bytes = *EncodeSiteFile(MadeSeries(), ThreeDates());
  EXPECT_EQ(bytes, *EncodeSiteFile(MadeSeries(), ThreeDates()));
  EXPECT_EQ(*EncodeSiteFile(*DecodeSiteFile(bytes), ThreeDates()), bytes) << "decode and encode is the identity";
}

TEST_F(WritersTest, SiteFileGeoreferenceIsTheOuterCorner) {
  ASSERT_TRUE(WriteSiteFile(Path("a.h5"), MadeSeries(), ThreeDates()).ok());
  GDALAllRegister();
  const GDALDatasetUniquePtr file(GDALDataset::Open(Path("a.h5").c_str()));
  if (!file) GTEST_SKIP() << "this GDAL has no HDF5 driver: attributes are not read by a second program";
  EXPECT_STREQ(file->GetMetadataItem("X_FIRST"), "300900");
  EXPECT_STREQ(file->GetMetadataItem("Y_FIRST"), "5599400");
  EXPECT_STREQ(file->GetMetadataItem("EPSG"), "32634");
  EXPECT_STREQ(file->GetMetadataItem("REF_DATE"), "20240103");
}

TEST(DateBaselines, FollowThePairs) {
  Track track = ThreeDates();
  const std::vector<Date> dates = DatesOf(track.pairs);
  EXPECT_EQ(DateBaselines_m(track.pairs, dates), (std::vector<double>{0.0, 10.0, -5.0}));
  track.pairs[1].perpendicular_baseline_m = track.pairs[2].perpendicular_baseline_m = std::nan("");
  EXPECT_TRUE(std::isnan(DateBaselines_m(track.pairs, dates)[2]));
}

TEST_F(WritersTest, DamagedSiteFilesAreRefused) {
  EXPECT_FALSE(DecodeSiteFile("").ok());
  EXPECT_FALSE(DecodeSiteFile("no HDF5 at all").ok());
  std::string bytes = *EncodeSiteFile(MadeSeries(), ThreeDates());
  bytes.resize(bytes.size() / 2);
  EXPECT_FALSE(DecodeSiteFile(bytes).ok());
  EXPECT_EQ(ReadSiteFile(Path("none.h5")).status().code(), CodeOf(Fault::kNotReadable));
}

TEST_F(WritersTest, UnwritablePlacesAreErrors) {
  ASSERT_TRUE(WriteWholeFile(Path("file"), "x").ok());
  const std::string inside_a_file = Path("file") + "/out";
  const Array2<float> values(4, 4, 1.0F);
  for (const Status& status : {WriteCog(inside_a_file + ".tif", Utm(4, 4), {{"v", &values}}, {}),
                               WriteGeoPackage(inside_a_file + ".gpkg", TwoSites(), Utm(200, 200)),
                               WriteSiteFile(inside_a_file + ".h5", MadeSeries(), ThreeDates())}) {
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.code(), CodeOf(Fault::kNotWritable));
    EXPECT_NE(MessageOf(status).find(inside_a_file), std::string::npos) << status;
  }
  EXPECT_EQ(Files(), 1U);
}

TEST_F(WritersTest, ACopyHoldsTheFilesAndNoOthers) {
  for (const std::string& target : {Path("copy"), "/vsimem/" + Path("copy").substr(1)}) {
    const auto copied = [&](const std::string& name) {
      return IsVirtualPath(target) ? ReadObject(target + "/" + name).value_or("none")
                                   : ReadWholeFile(target + "/" + name).value_or("none");
    };
    fs::remove_all(Path("run"));
    for (const char* name : {"a", "b", "last", "sites/1", "sites/2"}) {
      ASSERT_TRUE(WriteWholeFile(Path("run/") + name, name).ok());
    }
    ASSERT_TRUE(CopyTree(Path("run"), target, "last").ok());
    EXPECT_EQ(copied("last") + copied("sites/2"), "lastsites/2");
    fs::remove(Path("run/sites/2"));
    ASSERT_TRUE(CopyTree(Path("run"), target, "last").ok());
    EXPECT_EQ(copied("sites/1") + copied("sites/2"), "sites/1none");
    // Broken off at "c": where it belongs is a folder.
    ASSERT_TRUE(WriteWholeFile(Path("run/a"), "new").ok());
    ASSERT_TRUE(WriteWholeFile(Path("run/c"), "c").ok());
    ASSERT_EQ(VSIMkdirRecursive((target + "/c/inside").c_str(), 0755), 0);
    EXPECT_FALSE(CopyTree(Path("run"), target, "last").ok());
    EXPECT_EQ(copied("a") + copied("last"), "newnone") << "new files and the old list of them";
  }
  VSIRmdirRecursive(("/vsimem/" + Path("copy").substr(1)).c_str());
}

TEST_F(WritersTest, PngIsReadBack) {
  Array2<Rgba> picture(3, 2, Rgba{10, 20, 30, 255});
  picture(2, 1) = {200, 100, 50, 0};
  const auto bytes = EncodePng(picture);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(*bytes, *EncodePng(picture));
  ASSERT_TRUE(WriteWholeFile(Path("a.png"), *bytes).ok());
  const GDALDatasetUniquePtr dataset(GDALDataset::Open(Path("a.png").c_str()));
  ASSERT_TRUE(dataset);
  EXPECT_EQ(dataset->GetRasterCount(), 4);
  std::array<uint8_t, 4> pixel{};
  EXPECT_EQ(dataset->RasterIO(GF_Read, 1, 2, 1, 1, pixel.data(), 1, 1, GDT_Byte, 4, nullptr, 4, 4, 1, nullptr),
            CE_None);
  EXPECT_EQ(pixel, (std::array<uint8_t, 4>{200, 100, 50, 0}));
}

}  // namespace
}  // namespace fringewatch::io
