// The twenty traps that readers of interferogram stacks fall into, each as one test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "common/io/dataset.h"
#include "common/io/raster_file.h"
#include "common/io/reader_test_files.h"
#include "common/raster/phase.h"

namespace fringewatch::io {
namespace {

using namespace testing;  // NOLINT: the test files of this folder
using ::testing::HasSubstr;
using ::testing::Not;
using Verdict = InputRecord::Verdict;

constexpr double kExact = 1e-5;

StackSource Pattern(const TestFolder& folder, const std::string& pattern, const std::string& coherence = "") {
  StackSource source;
  source.path = folder.str();
  source.format = "geotiff";
  source.pattern = pattern;
  source.coherence_pattern = coherence;
  source.wavelength_m = 0.0555;
  return source;
}

StackSource Auto(const TestFolder& folder) {
  StackSource source;
  source.path = folder.str();
  return source;
}

std::vector<double> Series(double first, double step, int count) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i) values.push_back(first + step * i);
  return values;
}

Array2<float> RowsTurned(const Array2<float>& raster) {
  Array2<float> turned(raster.rows, raster.cols);
  for (int r = 0; r < raster.rows; ++r) {
    for (int c = 0; c < raster.cols; ++c) turned(r, c) = raster(raster.rows - 1 - r, c);
  }
  return turned;
}

// An ISCE2 pair of complex64 with coherence 0.7 in `bands` bands; headers as .xml or as .vrt.
void WriteIscePair(const TestFolder& folder, const std::string& name, const Array2<float>& phase, int bands, bool vrt) {
  const std::string pair = folder / ("merged/interferograms/" + name);
  WriteRaw(pair + "/filt_fine.int", AsComplex(phase, 30.0f), false);
  std::vector<float> coherence;
  for (int row = 0; row < kRows; ++row) {
    for (int band = 0; band < bands; ++band) coherence.insert(coherence.end(), kCols, band == bands - 1 ? 0.7f : 55.0f);
  }
  WriteRaw(pair + "/filt_fine.cor", coherence, false);
  const auto xml = [&](const char* type, int count) {
    return fmt::format(
        "<imageFile><property name=\"WIDTH\"><value>{}</value></property><property name=\"LENGTH\"><value>{}</value>"
        "</property><property name=\"NUMBER_BANDS\"><value>{}</value></property><property name=\"DATA_TYPE\"><value>{}"
        "</value></property><property name=\"SCHEME\"><value>BIL</value></property><property name=\"FILE_NAME\">"
        "<value>/nowhere/filt_fine</value></property></imageFile>",
        kCols, kRows, count, type);
  };
  if (!vrt) {
    WriteText(pair + "/filt_fine.int.xml", xml("CFLOAT", 1));
  } else {
    WriteText(
        pair + "/filt_fine.int.vrt",
        fmt::format(
            "<VRTDataset rasterXSize=\"{}\" rasterYSize=\"{}\"><VRTRasterBand dataType=\"CFloat32\" band=\"1\" "
            "subClass=\"VRTRawRasterBand\"><SourceFilename relativeToVRT=\"1\">/nowhere/of/the/maker/filt_fine.int"
            "</SourceFilename><ByteOrder>LSB</ByteOrder><ImageOffset>0</ImageOffset><PixelOffset>8</PixelOffset>"
            "<LineOffset>{}</LineOffset></VRTRasterBand></VRTDataset>",
            kCols, kRows, kCols * 8));
  }
  WriteText(pair + "/filt_fine.cor.xml", xml("FLOAT", bands));
}

StackSource Isce(const TestFolder& folder) {
  StackSource source = Auto(folder);
  source.format = "isce2";
  source.wavelength_m = 0.0555;
  return source;
}

void WriteHyp3(const TestFolder& folder, const std::string& name, const std::string& date1, const std::string& date2,
               const std::string& variant = "") {
  TiffOptions utm{.x0 = 500000.0, .y0 = 4000000.0, .dx = 80.0, .dy = -80.0, .epsg = 32633, .nodata = 0.0};
  WriteTiff(folder / fmt::format("{0}/{0}_wrapped_phase{1}.tif", name, variant), PairPhase(date1, date2), utm);
  WriteTiff(folder / fmt::format("{0}/{0}_corr{1}.tif", name, variant), Constant(0.6f), utm);
  WriteText(folder / fmt::format("{0}/{0}.txt", name),
            "Baseline: -54.5\nHeading: -13.0\nReference Pass Direction: ASCENDING\n");
}

TEST(ReaderTraps, Trap01HalfPixel) {
  TestFolder folder;
  TiffOptions point;
  point.point = true;
  WriteTiff(folder / "point.tif", Constant(1.0f), point);
  const auto from_point = ReadRaster(folder / "point.tif");
  ASSERT_TRUE(from_point.ok()) << MessageOf(from_point.status());
  EXPECT_NEAR(from_point->grid.x0, 15.0, 1e-9);
  EXPECT_NEAR(from_point->grid.y0, 45.0, 1e-9);
  // A GMT grid names the centres of its nodes: the outer corner lies half a step further out.
  WriteGmtGrid(folder / "gmt.grd", Series(45.0, -0.5, kRows), Series(15.0, 0.5, kCols), Constant(1.0f));
  const auto from_centres = ReadRaster(folder / "gmt.grd");
  ASSERT_TRUE(from_centres.ok()) << MessageOf(from_centres.status());
  EXPECT_NEAR(from_centres->grid.x0, 14.75, 1e-9);
  EXPECT_NEAR(from_centres->grid.y0, 45.25, 1e-9);
  EXPECT_NEAR(from_centres->grid.dy, -0.5, 1e-9);
}

TEST(ReaderTraps, Trap02RowOrder) {
  TestFolder folder;
  const Array2<float> north_first = PairPhase("20200101", "20200113");
  WriteGmtGrid(folder / "descending.grd", Series(45.0, -0.5, kRows), Series(15.0, 0.5, kCols), north_first);
  WriteGmtGrid(folder / "ascending.grd", Series(45.0 - 0.5 * (kRows - 1), 0.5, kRows), Series(15.0, 0.5, kCols),
               RowsTurned(north_first));
  TiffOptions south_up;
  south_up.dy = 0.001;
  south_up.y0 = 45.0 - 0.001 * kRows;
  WriteTiff(folder / "south_up.tif", RowsTurned(north_first), south_up);
  for (const char* name : {"descending.grd", "ascending.grd", "south_up.tif"}) {
    const auto raster = ReadRaster(folder / name);
    ASSERT_TRUE(raster.ok()) << MessageOf(raster.status());
    EXPECT_LT(WrappedDifference(raster->values, north_first), kExact) << name;
    EXPECT_LT(raster->grid.dy, 0.0) << name;
    EXPECT_NEAR(raster->grid.y0, name[0] == 's' ? 45.0 : 45.25, 1e-9) << name;
  }
  // A window of a turned raster is the same ground as that window of the other.
  const RasterSource turned{folder / "south_up.tif"};
  const auto info = Inspect(turned);
  ASSERT_TRUE(info.ok());
  const DatasetPool pool;
  const Window window{3, 7, 11, 13};
  const auto part = pool.Read(turned, *info, window);
  ASSERT_TRUE(part.ok());
  EXPECT_LT(WrappedDifference(*part, Crop(north_first, window)), kExact);
}

TEST(ReaderTraps, Trap03LongitudeTo360) {
  TestFolder folder;
  TiffOptions east, west;
  east.x0 = 260.8;
  west.x0 = -99.2;
  WriteTiff(folder / "x_20200101-20200113.tif", PairPhase("20200101", "20200113"), east);
  WriteTiff(folder / "x_20200113-20200125.tif", PairPhase("20200113", "20200125"), west);
  const auto reader = MustOpen(Pattern(folder, "x_{date1}-{date2}.tif"));
  EXPECT_EQ(reader->track().pairs.size(), 2u);
  EXPECT_NEAR(reader->track().grid.x0, -99.2, 1e-9);
  EXPECT_TRUE(reader->track().grid.geographic);
}

TEST(ReaderTraps, Trap04NodataZeroAndTrueZero) {
  TestFolder licsar, generic;
  WriteLicsarTriangle(licsar);
  const std::string file = licsar / "interferograms/20200101_20200113/20200101_20200113.geo.diff_pha.tif";
  Array2<float> phase = PairPhase("20200101", "20200113");
  phase(5, 6) = 0.0f;
  WriteTiff(file, phase);  // no nodata tag: zero is missing by the format's definition, whatever the coherence
  const auto frame = MustOpen(Auto(licsar));
  const PairRaster raster = ReadWhole(*frame, 0);
  EXPECT_TRUE(std::isnan(raster.phase_rad(5, 6)));
  EXPECT_TRUE(std::isnan(raster.coherence(5, 6)));
  EXPECT_FALSE(std::isnan(raster.phase_rad(5, 7)));

  TiffOptions other;  // a file that says that -9999 is missing has true zeros
  other.nodata = -9999.0;
  phase(8, 9) = -9999.0f;
  WriteTiff(generic / "x_20200101-20200113.tif", phase, other);
  const auto stack = MustOpen(Pattern(generic, "x_{date1}-{date2}.tif"));
  const PairRaster read = ReadWhole(*stack, 0);
  EXPECT_EQ(read.phase_rad(5, 6), 0.0f);
  EXPECT_TRUE(std::isnan(read.phase_rad(8, 9)));
}

TEST(ReaderTraps, Trap05ByteOrder) {
  TestFolder folder;
  const Array2<float> phase = PairPhase("20200101", "20200113");
  std::vector<float> numbers = AsComplex(phase, 0.8f);
  numbers[0] = numbers[1] = 0.0f;  // complex zero is missing
  WriteRaw(folder / "diff/20200101_20200113.diff.sm", numbers, true);
  WriteText(
      folder / "20200101.rmli.par",
      fmt::format("range_samples: {}\nazimuth_lines: {}\nrange_pixel_spacing: 10.0 m\nazimuth_pixel_spacing: 14.0 m\n"
                  "incidence_angle: 30.0 degrees\nheading: 192.0 degrees\nradar_frequency: 5.405e+09 Hz\n",
                  kCols, kRows));
  const auto reader = MustOpen(Auto(folder));
  EXPECT_EQ(reader->track().format, "gamma");
  EXPECT_NEAR(reader->track().wavelength_m, 0.0554658, 1e-6);
  EXPECT_NEAR(reader->track().grid.spacing_x_m, 20.0, 1e-6);
  EXPECT_NEAR(reader->track().grid.spacing_y_m, 14.0, 1e-6);
  EXPECT_GT(reader->track().line_of_sight->east, 0.0);
  const PairRaster raster = ReadWhole(*reader, 0);
  EXPECT_TRUE(std::isnan(raster.phase_rad(0, 0)));
  Array2<float> expected = phase;
  expected(0, 0) = kMissing;
  EXPECT_LT(WrappedDifference(raster.phase_rad, expected), kExact);
  ASSERT_FALSE(raster.coherence.empty());
  EXPECT_NEAR(raster.coherence(3, 3), 0.8f, 1e-5);
}

TEST(ReaderTraps, Trap06CoherenceBytesOrFloats) {
  TestFolder folder;
  WriteLicsarTriangle(folder);
  WriteTiff(folder / "interferograms/20200113_20200125/20200113_20200125.geo.cc.tif", Constant(128.0f / 255.0f));
  const auto reader = MustOpen(Auto(folder));
  for (int pair = 0; pair < 3; ++pair) EXPECT_NEAR(ReadWhole(*reader, pair).coherence(4, 4), 128.0 / 255.0, 1e-6);
}

TEST(ReaderTraps, CoherenceOfASinglePairInBytesOrFloats) {
  TestFolder folder;
  WriteTiff(folder / "bytes.tif", Constant(51.0F), {.type = "Byte"});
  WriteTiff(folder / "floats.tif", Constant(0.2F));
  WriteTiff(folder / "percent.tif", Constant(20.0F));
  for (const char* name : {"bytes.tif", "floats.tif"}) {
    const auto raster = ReadCoherence(folder / name);
    ASSERT_TRUE(raster.ok()) << raster.status();
    EXPECT_NEAR(raster->values(4, 4), 0.2, 1e-6) << name;
  }
  const auto refused = ReadCoherence(folder / "percent.tif");
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(MessageOf(refused.status()).find("percent.tif: holds 20"), std::string::npos) << refused.status();
}

TEST(ReaderTraps, Trap07Complex128) {
  TestFolder folder;
  const Array2<float> phase = PairPhase("20200101", "20200113");
  Array2<float> re = phase, im = phase;
  for (size_t i = 0; i < phase.size(); ++i) {
    re.values[i] = 3.0f * std::cos(phase.values[i]);
    im.values[i] = 3.0f * std::sin(phase.values[i]);
  }
  TiffOptions complex;
  complex.type = "CFloat64";
  WriteTiff(folder / "x_20200101-20200113.tif", re, complex, im);
  const auto reader = MustOpen(Pattern(folder, "x_{date1}-{date2}.tif"));
  EXPECT_LT(WrappedDifference(ReadWhole(*reader, 0).phase_rad, phase), kExact);
}

TEST(ReaderTraps, Trap08TruncatedOrEmptyFile) {
  TestFolder folder;
  WriteLicsarTriangle(folder);
  const std::string cut = folder / "interferograms/20200101_20200113/20200101_20200113.geo.diff_pha.tif";
  const std::string empty = folder / "interferograms/20200113_20200125/20200113_20200125.geo.cc.tif";
  const auto bytes = std::filesystem::file_size(cut);
  for (const auto left : {bytes - 1, bytes / 2, std::uintmax_t{100}, std::uintmax_t{9}}) {
    std::filesystem::resize_file(cut, left);
    std::filesystem::resize_file(empty, 0);
    const auto reader = MustOpen(Auto(folder));
    EXPECT_EQ(reader->track().pairs.size(), 1u);
    const std::string reasons = Reasons(reader->track(), Verdict::kRejected);
    EXPECT_THAT(reasons, HasSubstr("FW-2001 raster truncated: " + cut)) << left;
    EXPECT_THAT(reasons, HasSubstr("FW-2001 raster truncated: " + empty));
    EXPECT_EQ(ReadRaster(cut).status().code(), StatusCode::kDataLoss);
  }
}

TEST(ReaderTraps, Trap08CutWhileOpen) {
  TestFolder folder;
  WriteLicsarTriangle(folder);
  const auto reader = MustOpen(Auto(folder));
  const std::string cut = folder / "interferograms/20200101_20200113/20200101_20200113.geo.diff_pha.tif";
  std::filesystem::resize_file(cut, 700);
  const auto raster = reader->ReadPair(0, reader->track().grid.frame());
  EXPECT_EQ(raster.status().code(), StatusCode::kDataLoss);
  EXPECT_THAT(MessageOf(raster.status()), HasSubstr(cut));
}

TEST(ReaderTraps, Trap09NewerDateFirst) {
  TestFolder folder;
  WriteTiff(folder / "x_20200113-20200101.tif", PairPhase("20200113", "20200101"));  // as such a processor makes it
  WriteTiff(folder / "x_20200113-20200125.tif", PairPhase("20200113", "20200125"));
  WriteTiff(folder / "x_20200101-20200125.tif", PairPhase("20200101", "20200125"));
  const auto reader = MustOpen(Pattern(folder, "x_{date1}-{date2}.tif"));
  ASSERT_EQ(reader->track().pairs.size(), 3u);
  EXPECT_EQ(reader->track().pairs[0].Key(), "20200101_20200113");
  EXPECT_LT(WrappedDifference(ReadWhole(*reader, 0).phase_rad, PairPhase("20200101", "20200113")), kExact);
  EXPECT_THAT(Reasons(reader->track(), Verdict::kAccepted), HasSubstr("newer date first"));
  StackSource flipped = Pattern(folder, "x_{date1}-{date2}.tif");
  flipped.flip_sign = true;
  const auto turned = MustOpen(flipped);
  EXPECT_LT(WrappedDifference(ReadWhole(*turned, 0).phase_rad, PairPhase("20200113", "20200101")), kExact);
}

TEST(ReaderTraps, Trap10Midnight) {
  TestFolder folder;
  WriteHyp3(folder, "S1AA_20200101T235950_20200113T235951_VVP012_INT80_G_weF_0001", "20200101", "20200113");
  WriteHyp3(folder, "S1AA_20200114T000010_20200126T000011_VVP012_INT80_G_weF_0002", "20200113", "20200125");
  const auto reader = MustOpen(Auto(folder));
  EXPECT_EQ(DatesOf(reader->track().pairs).size(), 3u) << "one pass must not become two dates";
  EXPECT_EQ(reader->track().pairs[0].Key(), "20200102_20200114");
}

TEST(ReaderTraps, Trap11SamePairInTwoVersions) {
  TestFolder folder;
  const std::string name = "S1AA_20200101T050000_20200113T050000_VVP012_INT80_G_weF_";
  WriteHyp3(folder, name + "0001", "20200101", "20200113");
  WriteHyp3(folder, name + "0002", "20200101", "20200113");
  const auto reader = MustOpen(Auto(folder));
  EXPECT_EQ(reader->track().pairs.size(), 1u);
  EXPECT_THAT(Reasons(reader->track(), Verdict::kAccepted), HasSubstr("_0002_wrapped_phase.tif"));
  EXPECT_THAT(Reasons(reader->track(), Verdict::kSuperseded),
              HasSubstr("_0001_wrapped_phase.tif [phase] the same pair is taken from"));
}

TEST(ReaderTraps, Trap12OtherBurstCount) {
  TestFolder folder;
  const std::string x = "x_{date1}-{date2}.tif";
  WriteTiff(folder / "x_20200101-20200113.tif", PairPhase("20200101", "20200113"));
  WriteTiff(folder / "x_20200113-20200125.tif", PairPhase("20200113", "20200125"));
  TiffOptions taller;  // 12 rows more in the north, 2 columns more in the west
  taller.y0 = 45.012;
  WriteTiff(folder / "x_20200101-20200125.tif", PairPhase("20200101", "20200125", kRows + 12, kCols, -12), taller);
  TiffOptions shorter;  // 10 rows missing in the north
  shorter.y0 = 44.99;
  WriteTiff(folder / "x_20200125-20200206.tif", PairPhase("20200125", "20200206", kRows - 10, kCols, 10), shorter);
  const auto reader = MustOpen(Pattern(folder, x));
  EXPECT_EQ(reader->track().pairs.size(), 4u);
  EXPECT_EQ(reader->track().grid.rows, kRows - 10);
  EXPECT_NEAR(reader->track().grid.y0, 44.99, 1e-9);
  EXPECT_LT(
      WrappedDifference(ReadWhole(*reader, 1).phase_rad, PairPhase("20200101", "20200125", kRows - 10, kCols, 10)),
      kExact);
  // In radar geometry nothing tells where the other burst lies: refused, with both grids.
  TestFolder radar;
  TiffOptions bare{.dx = 0.0, .epsg = 0};
  WriteTiff(radar / "x_20200101-20200113.tif", PairPhase("20200101", "20200113"), bare);
  WriteTiff(radar / "x_20200113-20200125.tif", PairPhase("20200113", "20200125"), bare);
  WriteTiff(radar / "x_20200101-20200125.tif", PairPhase("20200101", "20200125", kRows + 12), bare);
  const auto refused = MustOpen(Pattern(radar, x));
  EXPECT_EQ(refused->track().pairs.size(), 2u);
  EXPECT_THAT(Reasons(refused->track(), Verdict::kRejected), HasSubstr("FW-1001"));
  EXPECT_THAT(Reasons(refused->track(), Verdict::kRejected), HasSubstr("50 x 52 px"));
}

TEST(ReaderTraps, Trap13Units) {
  TestFolder folder;
  Array2<float> millimetres = PairPhase("20200101", "20200113"), unwrapped = millimetres;
  for (float& value : unwrapped.values) value = 5.0f * value;
  TiffOptions mm, degrees;
  mm.unit = "mm";
  degrees.unit = "degrees";
  WriteTiff(folder / "x_20200101-20200113.tif", millimetres, mm);
  WriteTiff(folder / "x_20200101-20200125.tif", unwrapped);
  Array2<float> in_degrees = PairPhase("20200113", "20200125");
  for (float& value : in_degrees.values) value *= static_cast<float>(180.0 / kPi);
  WriteTiff(folder / "x_20200113-20200125.tif", in_degrees, degrees);
  const auto reader = MustOpen(Pattern(folder, "x_{date1}-{date2}.tif"));
  const std::string reasons = Reasons(reader->track(), Verdict::kRejected);
  EXPECT_THAT(reasons, HasSubstr("displacement in mm"));
  EXPECT_THAT(reasons, HasSubstr("--unwrapped"));
  ASSERT_EQ(reader->track().pairs.size(), 1u);
  EXPECT_LT(WrappedDifference(ReadWhole(*reader, 0).phase_rad, PairPhase("20200113", "20200125")), 1e-4);
}

TEST(ReaderTraps, Trap14DegreesOrRadians) {
  const std::string name = "S1AA_20200101T050000_20200113T050000_VVP012_INT80_G_weF_0001";
  for (const double factor : {1.0, 180.0 / kPi}) {
    TestFolder folder;
    WriteHyp3(folder, name, "20200101", "20200113");
    TiffOptions utm{.x0 = 500000.0, .y0 = 4000000.0, .dx = 80.0, .dy = -80.0, .epsg = 32633, .nodata = 0.0};
    // Satellite in the west (ascending): elevation 0.9 rad, direction near pi, where the angle jumps.
    Array2<float> phi = Constant(static_cast<float>(3.0 * factor));
    for (size_t i = 0; i < phi.size(); i += 2) phi.values[i] = static_cast<float>((3.0 - kTwoPi) * factor);
    WriteTiff(folder / fmt::format("{0}/{0}_lv_theta.tif", name), Constant(static_cast<float>(0.9 * factor)), utm);
    WriteTiff(folder / fmt::format("{0}/{0}_lv_phi.tif", name), phi, utm);
    const auto reader = MustOpen(Auto(folder));
    ASSERT_TRUE(reader->track().line_of_sight.has_value());
    EXPECT_NEAR(reader->track().line_of_sight->up, std::sin(0.9), 1e-4);
    EXPECT_NEAR(reader->track().line_of_sight->east, std::cos(0.9) * std::cos(3.0), 1e-4);
    EXPECT_EQ(reader->track().orbit_direction, "ascending");
  }
}

TEST(ReaderTraps, Trap15ClippedNames) {
  TestFolder folder;
  WriteHyp3(folder, "S1AA_20200101T050000_20200113T050000_VVP012_INT80_G_weF_0001", "20200101", "20200113", "_clipped");
  WriteHyp3(folder, "S1AA_20200113T050000_20200125T050000_VVP012_INT80_G_weF_0002", "20200113", "20200125", "_clip");
  const auto reader = MustOpen(Auto(folder));
  EXPECT_EQ(reader->track().format, "hyp3");
  EXPECT_EQ(reader->track().pairs.size(), 2u);
  EXPECT_TRUE(reader->track().has_coherence);
  EXPECT_NEAR(reader->track().pairs[0].perpendicular_baseline_m, -54.5, 1e-9);
  EXPECT_NEAR(reader->track().wavelength_m, 0.0554658, 1e-6);
}

TEST(ReaderTraps, Trap16BaselinesMissing) {
  TestFolder folder;
  WriteLicsarTriangle(folder);
  {
    const auto reader = MustOpen(Auto(folder));
    for (const Pair& pair : reader->track().pairs) EXPECT_TRUE(std::isnan(pair.perpendicular_baseline_m));
    EXPECT_THAT(reader->track().notes, ::testing::Contains(HasSubstr("Unsure: 3 pairs")));
  }
  const char* const short_form = "20200101 20200113 40.5 12\n";  // 20200125 is not in it
  const char* const long_form = "1 20200101 20200113 40.5 12 0 0 0 0\n";
  for (const char* text : {short_form, long_form}) {
    WriteText(folder / "metadata/baselines", text);
    const auto reader = MustOpen(Auto(folder));
    EXPECT_NEAR(reader->track().pairs[0].perpendicular_baseline_m, 40.5, 1e-9);
    EXPECT_TRUE(std::isnan(reader->track().pairs[1].perpendicular_baseline_m));
    EXPECT_THAT(reader->track().notes, ::testing::Contains(HasSubstr("2 of 3 pairs are unknown")));
  }
}

TEST(ReaderTraps, Trap17LeapYearDayOfYear) {
  TestFolder folder;
  // GMTSAR counts from 0: day 60 is 1 March in a leap year, 2 March else; 365 exists in a leap year only.
  WriteTiff(folder / "2020060_2020365.tif", PairPhase("20200301", "20201231"));
  WriteTiff(folder / "2019060_2020060.tif", PairPhase("20190302", "20200301"));
  WriteTiff(folder / "2019060_2019365.tif", PairPhase("20190302", "20191231"));
  const auto reader = MustOpen(Pattern(folder, "{date1}_{date2}.tif"));
  ASSERT_EQ(reader->track().pairs.size(), 2u);
  EXPECT_EQ(reader->track().pairs[0].Key(), "20190302_20200301");
  EXPECT_EQ(reader->track().pairs[1].Key(), "20200301_20201231");
  EXPECT_THAT(Reasons(reader->track(), Verdict::kRejected), HasSubstr("FW-1007"));
}

TEST(ReaderTraps, Trap18AbsolutePathsInMetadata) {
  TestFolder folder;
  const Array2<float> phase = PairPhase("20200101", "20200113");
  WriteIscePair(folder, "20200101_20200113", phase, 1, true);
  const auto reader = MustOpen(Isce(folder));
  EXPECT_LT(WrappedDifference(ReadWhole(*reader, 0).phase_rad, phase), kExact);
}

TEST(ReaderTraps, Trap19CoherenceBand) {
  TestFolder folder;
  WriteIscePair(folder, "20200101_20200113", PairPhase("20200101", "20200113"), 1, false);
  WriteIscePair(folder, "20200113_20200125", PairPhase("20200113", "20200125"), 2, false);  // amplitude comes first
  WriteIscePair(folder, "20200101_20200125", PairPhase("20200101", "20200125"), 1, false);
  std::filesystem::remove(folder / "merged/interferograms/20200101_20200125/filt_fine.cor");
  const auto reader = MustOpen(Isce(folder));
  ASSERT_EQ(reader->track().pairs.size(), 2u);
  for (int pair = 0; pair < 2; ++pair) EXPECT_NEAR(ReadWhole(*reader, pair).coherence(20, 30), 0.7f, 1e-6);
  const std::string reasons = Reasons(reader->track(), Verdict::kRejected);
  EXPECT_THAT(reasons, HasSubstr("FW-1009"));
  EXPECT_THAT(reasons, HasSubstr("supply it or remove the pair"));
}

TEST(ReaderTraps, Trap20EmptyStack) {
  TestFolder folder;
  const auto bare = OpenStack(Auto(folder));
  EXPECT_EQ(bare.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(MessageOf(bare.status()), HasSubstr("FW-1006"));
  std::filesystem::create_directories(folder / "interferograms");
  StackSource licsar = Auto(folder);
  licsar.format = "licsar";
  EXPECT_THAT(MessageOf(OpenStack(licsar).status()), HasSubstr("FW-1006"));
  EXPECT_THAT(MessageOf(OpenStack(Pattern(folder, "x_{date1}-{date2}.tif")).status()), HasSubstr("FW-1006"));
}

}  // namespace
}  // namespace fringewatch::io
