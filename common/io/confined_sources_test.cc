/// What a stack that somebody else names can not reach, and how large it can not be.
#include "common/io/confined_sources.h"

#include <gdal_priv.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/io/dataset.h"
#include "common/io/reader_test_files.h"
#include "tests/support/status_matchers.h"

namespace fringewatch::io {
namespace {

using namespace testing;  // NOLINT: the test files of this folder
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

namespace fs = std::filesystem;

/// root/track is a good stack, secret/ holds what lies outside of the root.
class ConfinedSources : public ::testing::Test {
 protected:
  ConfinedSources() {
    fs::create_directories(folder_ / "root/track");
    fs::create_directories(folder_ / "secret");
    WriteTriangle(folder_ / "root/track");
    WriteTiff(folder_ / "secret/dem.tif", Constant(7.0f));
    WriteText(folder_ / "secret/text", "radar_frequency: 5.4e9\nsecret");
    source_.path = folder_ / "root/track";
  }
  static void WriteTriangle(const std::string& track) {
    const TestFolder frame;
    WriteLicsarTriangle(frame);
    fs::copy(frame.str(), track, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  }
  [[nodiscard]] SourceLimits Limits() const { return {.roots = {folder_ / "root"}}; }
  [[nodiscard]] StatusOr<std::unique_ptr<StackReader>> Open(const StackSource& source) const {
    return ConfinedOpener(Limits())(source);
  }
  [[nodiscard]] std::string Refusal(const StackSource& source) const {
    const auto stack = Open(source);
    EXPECT_THAT(stack, IsFault(Fault::kPathForbidden));
    return MessageOf(stack.status());
  }
  [[nodiscard]] std::string PairFile(const std::string& end) const {
    return folder_ / ("root/track/interferograms/20200101_20200113/20200101_20200113.geo." + end);
  }

  TestFolder folder_;
  StackSource source_;
};

TEST_F(ConfinedSources, OpensWhatLiesBelowARoot) {
  const auto confined = Open(source_);
  ASSERT_THAT(confined, IsOk());
  const auto free = OpenStack(source_);
  ASSERT_THAT(free, IsOk());
  ASSERT_EQ((*confined)->track().pairs.size(), (*free)->track().pairs.size());
  EXPECT_EQ(ReadWhole(**confined, 0).phase_rad.values, ReadWhole(**free, 0).phase_rad.values);
  // The root itself, and a root that is reached by a link.
  source_.path = folder_ / "root";
  EXPECT_THAT(Open(source_), IsOk());
  fs::create_directory_symlink(folder_ / "root", folder_ / "alias");
  source_.path = folder_ / "alias/track";
  EXPECT_THAT(Open(source_), IsOk());
  EXPECT_THAT(ConfinedOpener({.roots = {folder_ / "alias"}})(source_), IsOk());
}

TEST_F(ConfinedSources, FoldersOutsideAreRefused) {
  WriteTriangle(folder_ / "root-of-others");
  const std::string root = folder_ / "root";
  const std::vector<std::string> paths = {folder_ / "secret",
                                          folder_ / "root-of-others",
                                          root + "/../secret",
                                          root + "/track/../track",
                                          root + "/./track",
                                          root + "/track/.",
                                          std::string("root/track"),
                                          std::string("."),
                                          std::string(""),
                                          std::string("/"),
                                          root + "/track\n/etc",
                                          root + "/tr\x01",
                                          std::string("/vsicurl/http://169.254.169.254/latest"),
                                          "/vsizip/" + root + "/x.zip",
                                          "/vsitar/" + root + "/x.tar",
                                          "/vsisubfile/0_10," + root + "/track",
                                          std::string("/vsis3/bucket/track"),
                                          std::string("/vsimem/x"),
                                          std::string("/vsistdin/"),
                                          "/vsicrypt/" + root,
                                          std::string("//vsicurl/http://127.0.0.1"),
                                          "file://" + root};
  for (const std::string& path : paths) {
    source_.path = path;
    const std::string message = Refusal(source_);
    EXPECT_THAT(message, AllOf(HasSubstr(root), Not(HasSubstr("\n")))) << path;
  }
  source_.path = folder_ / "secret";
  EXPECT_THAT(Refusal(source_), HasSubstr(folder_ / "secret"));
}

TEST_F(ConfinedSources, VirtualFileSystemsNeedARootThatNamesThem) {
  const SourceRules rules(SourceLimits{.roots = {"/vsis3/bucket/tracks", folder_ / "root"}});
  EXPECT_THAT(rules.CheckPath("/vsis3/bucket/tracks"), IsOk());
  EXPECT_THAT(rules.CheckPath("/vsis3/bucket/tracks/a/b.tif"), IsOk());
  for (const char* path : {"/vsis3/bucket/tracks2", "/vsis3/bucket", "/vsis3/other/tracks", "/vsis3/bucket/tracks/../x",
                           "/vsizip//vsis3/bucket/tracks/x.zip", "/vsis3_streaming/bucket/tracks/a"}) {
    EXPECT_THAT(rules.CheckPath(path), IsFault(Fault::kPathForbidden)) << path;
  }
  // No root: any local folder, but none of the virtual ones.
  const SourceRules local(SourceLimits{});
  EXPECT_THAT(local.CheckPath("/etc"), IsOk());
  EXPECT_THAT(local.CheckPath("/vsis3/bucket"), IsFault(Fault::kPathForbidden));
  EXPECT_THAT(local.CheckPath("track"), IsFault(Fault::kPathForbidden));
}

TEST_F(ConfinedSources, LinksThatLeadOutAreRefusedAllAtOnce) {
  fs::remove(PairFile("diff_pha.tif"));
  fs::create_symlink(folder_ / "secret/dem.tif", PairFile("diff_pha.tif"));
  fs::remove(PairFile("cc.tif"));
  fs::create_symlink("../../../../secret/dem.tif", PairFile("cc.tif"));
  fs::create_directory_symlink(folder_ / "secret", folder_ / "root/track/interferograms/20200301_20200313");
  fs::create_directories(folder_ / "root/track/metadata");
  fs::create_symlink(folder_ / "secret/text", folder_ / "root/track/metadata/metadata.txt");
  const std::string message = Refusal(source_);
  for (const std::string& path :
       {PairFile("diff_pha.tif"), PairFile("cc.tif"), folder_ / "root/track/interferograms/20200301_20200313",
        folder_ / "root/track/metadata/metadata.txt"}) {
    EXPECT_THAT(message, HasSubstr(path));
  }
  EXPECT_THAT(message, HasSubstr("leads to " + fs::canonical(folder_ / "secret/dem.tif").string()));
  // The operator who runs the program himself may have such links.
  EXPECT_THAT(OpenStack(source_), IsOk());
}

TEST_F(ConfinedSources, ThousandsOfLinksThatLeadOutAreCounted) {
  for (int i = 0; i < 50; ++i) {
    fs::create_symlink(folder_ / "secret/text", folder_ / fmt::format("root/track/interferograms/link{:02}", i));
  }
  EXPECT_THAT(Refusal(source_), AllOf(HasSubstr("link19"), HasSubstr("and 30 more"), Not(HasSubstr("link20"))));
}

TEST_F(ConfinedSources, LinksInsideTheRootAreFine) {
  fs::rename(PairFile("diff_pha.tif"), folder_ / "root/elsewhere.tif");
  fs::create_symlink(folder_ / "root/elsewhere.tif", PairFile("diff_pha.tif"));
  EXPECT_THAT(Open(source_), IsOk());
}

TEST_F(ConfinedSources, WhatTheOperatorNamesIsCheckedAllAtOnce) {
  source_.height_path = folder_ / "secret/dem.tif";
  EXPECT_THAT(Refusal(source_), AllOf(HasSubstr("--dem"), HasSubstr(source_.height_path)));
  source_.height_path = folder_ / "root/link.tif";
  fs::create_symlink(folder_ / "secret/dem.tif", source_.height_path);
  EXPECT_THAT(Refusal(source_), HasSubstr("leads to"));
  source_.path = folder_ / "secret";
  source_.format = "geotiff";
  source_.pattern = "../{date1}_{date2}.tif";
  source_.coherence_pattern = "../../secret/{date1}_{date2}.tif";
  EXPECT_THAT(Refusal(source_),
              AllOf(HasSubstr("--source"), HasSubstr("--dem"), HasSubstr("--pattern"), HasSubstr("--coherence")));
}

TEST_F(ConfinedSources, ReadersDoNotLookAboveTheRoot) {
  // A GAMMA folder takes its width from the folder above it, when it may look there.
  fs::create_directories(folder_ / "gamma/pairs");
  WriteRaw(folder_ / "gamma/pairs/20200101_20200113.diff", AsComplex(PairPhase("20200101", "20200113"), 1.0f), true);
  WriteText(folder_ / "gamma/rmli.mli.par",
            fmt::format("range_samples: {}\nazimuth_lines: {}\nradar_frequency: 5.4e9\n", kCols, kRows));
  source_.path = folder_ / "gamma/pairs";
  EXPECT_THAT(ConfinedOpener({.roots = {folder_ / "gamma"}})(source_), IsOk());
  EXPECT_THAT(ConfinedOpener({.roots = {folder_ / "gamma/pairs"}})(source_), IsFault(Fault::kNotReadable));
}

TEST_F(ConfinedSources, RastersThatNameOtherFilesAreNotOpened) {
  const std::string vrt = fmt::format(
      "<VRTDataset rasterXSize='{0}' rasterYSize='{1}'><VRTRasterBand dataType='Float32' band='1'><SimpleSource>"
      "<SourceFilename>{2}</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>",
      kCols, kRows, folder_ / "secret/dem.tif");
  fs::remove(PairFile("diff_pha.tif"));
  WriteText(PairFile("diff_pha.tif"), vrt);
  const auto stack = Open(source_);
  ASSERT_THAT(stack, IsOk());
  EXPECT_THAT(Reasons((*stack)->track(), InputRecord::Verdict::kRejected), HasSubstr("FW-1011"));
  EXPECT_EQ((*stack)->track().pairs.size(), 2u);
}

TEST_F(ConfinedSources, TheHeaderOfARawFileNamesNothingElse) {
  const std::string pair = folder_ / "root/isce/merged/interferograms/20200101_20200113";
  fs::create_directories(pair);
  WriteRaw(pair + "/filt_fine.int", AsComplex(PairPhase("20200101", "20200113"), 1.0f), false);
  const std::string layout = fmt::format(
      "<SourceFilename relativeToVRT='1'>{}</SourceFilename><ByteOrder>LSB</ByteOrder><ImageOffset>0</ImageOffset>"
      "<PixelOffset>8</PixelOffset><LineOffset>{}</LineOffset>",
      folder_ / "secret/text", 8 * kCols);
  const std::string foreign = fmt::format(
      "<SimpleSource><SourceFilename>{0}</SourceFilename></SimpleSource><Overview><SourceFilename>{0}</SourceFilename>"
      "</Overview>",
      folder_ / "secret/dem.tif");
  WriteText(
      pair + "/filt_fine.int.vrt",
      fmt::format("<VRTDataset rasterXSize='{}' rasterYSize='{}'><VRTRasterBand dataType='CFloat32' band='1' "
                  "subClass='VRTSourcedRasterBand'>{}{}</VRTRasterBand><OverviewList>2</OverviewList></VRTDataset>",
                  kCols, kRows, layout, foreign));
  source_.path = folder_ / "root/isce";
  source_.wavelength_m = 0.055;
  source_.pixel_size_m = 20.0;
  WriteRaw(pair + "/filt_fine.cor", Constant(0.5f).values, false);
  WriteText(
      pair + "/filt_fine.cor.xml",
      fmt::format("<imageFile><property name='WIDTH'><value>{}</value></property><property name='LENGTH'><value>{}"
                  "</value></property><property name='DATA_TYPE'><value>FLOAT</value></property></imageFile>",
                  kCols, kRows));
  const auto stack = Open(source_);
  ASSERT_THAT(stack, IsOk());
  EXPECT_LT(WrappedDifference(ReadWhole(**stack, 0).phase_rad, PairPhase("20200101", "20200113")), 1e-5);
}

TEST_F(ConfinedSources, PatternsTakeNoExponentialTime) {
  WriteText(folder_ / ("root/track/" + std::string(200, 'a')), "x");
  source_.format = "geotiff";
  for (int i = 0; i < 40; ++i) source_.pattern += "*a";
  source_.pattern += "{date1}_{date2}";
  EXPECT_THAT(Open(source_), IsFault(Fault::kStackEmpty));
}

TEST_F(ConfinedSources, LimitsComeFromTheHeader) {
  constexpr double kGib = 1 << 30;
  SourceLimits limits = Limits();
  limits.max_rows = kRows - 1;
  const auto rows = ConfinedOpener(limits)(source_);
  ASSERT_FALSE(rows.ok());
  EXPECT_THAT(MessageOf(rows.status()), HasSubstr("FW-1013"));
  limits = Limits();
  limits.max_raster_gib = (4.0 * kRows * kCols - 1) / kGib;
  EXPECT_THAT(MessageOf(ConfinedOpener(limits)(source_).status()), HasSubstr("FW-1013"));
  limits.max_raster_gib = 4.0 * kRows * kCols / kGib;
  EXPECT_THAT(ConfinedOpener(limits)(source_), IsOk());
}

/// A TIFF of these sizes with next to nothing in it.
std::string WriteSparse(const std::string& path, int rows, int cols, std::vector<std::string> options) {
  PrepareGdal();
  options.push_back("SPARSE_OK=TRUE");
  options.push_back("COMPRESS=DEFLATE");
  options.push_back("BIGTIFF=YES");
  CPLStringList list;
  for (const std::string& option : options) list.AddString(option.c_str());
  GDALDataset* dataset =
      GetGDALDriverManager()->GetDriverByName("GTiff")->Create(path.c_str(), cols, rows, 1, GDT_Float32, list.List());
  EXPECT_NE(dataset, nullptr) << path;
  if (rows < 100'000 && cols < 100'000 && rows > 50'000) {  // one block that does unpack
    float value = 1.0f;
    EXPECT_EQ(dataset->GetRasterBand(1)->RasterIO(GF_Write, 0, 0, 1, 1, &value, 1, 1, GDT_Float32, 0, 0, nullptr),
              CE_None);
  }
  GDALClose(dataset);
  return path;
}

TEST_F(ConfinedSources, SmallFilesThatUnpackToLargeRastersAreRefused) {
  const SourceRules rules(Limits());
  const struct {
    const char* name;
    int rows, cols;
    std::vector<std::string> options;
    const char* why;
  } kBombs[] = {
      {"million.tif", 1'000'000, 1'000'000, {"TILED=YES", "BLOCKXSIZE=8192", "BLOCKYSIZE=8192"}, "more than 100000"},
      {"wide.tif", 16, 200'000, {"TILED=YES"}, "more than 100000"},
      {"bytes.tif", 99'000, 99'000, {"TILED=YES", "BLOCKXSIZE=4096", "BLOCKYSIZE=4096"}, "bytes more than"},
      {"one_block.tif", 32'768, 16'384, {"TILED=YES", "BLOCKXSIZE=16384", "BLOCKYSIZE=32768"}, "write it in tiles"},
      {"blocks.tif", 17'000, 17'000, {"TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16"}, "larger tiles"},
  };
  for (const auto& bomb : kBombs) {
    const std::string path =
        WriteSparse(folder_ / (std::string("root/") + bomb.name), bomb.rows, bomb.cols, bomb.options);
    const auto info = Inspect(RasterSource{path}, rules);
    EXPECT_LT(fs::file_size(path), 20u << 20) << bomb.name;
    EXPECT_THAT(info, IsFault(Fault::kRasterTooLarge)) << bomb.name;
    EXPECT_THAT(MessageOf(info.status()), AllOf(HasSubstr(bomb.why), HasSubstr(path)));
  }
}

TEST(SourceLimits, FaultsAreListedAtOnce) {
  EXPECT_TRUE(FaultsOf({.roots = {"/", "/vsis3/bucket"}}).empty());
  EXPECT_EQ(FaultsOf({.roots = {"relative", "/no/such/folder", "/vsi/"}, .max_rows = 0, .max_raster_gib = 0}).size(),
            5u);
}

}  // namespace
}  // namespace fringewatch::io
