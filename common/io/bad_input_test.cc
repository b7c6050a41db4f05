// What operators hand in by mistake: every file gets a verdict, every message says what to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <thread>

#include "common/io/reader_test_files.h"

namespace fringewatch::io {
namespace {

using namespace testing;  // NOLINT: the test files of this folder
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using Verdict = InputRecord::Verdict;

StackSource Pattern(const TestFolder& folder) {
  StackSource source;
  source.path = folder.str();
  source.pattern = "x_{date1}-{date2}.tif";
  source.wavelength_m = 0.0555;
  return source;
}

void WriteTriangle(const TestFolder& folder) {
  WriteTiff(folder / "x_20200101-20200113.tif", PairPhase("20200101", "20200113"));
  WriteTiff(folder / "x_20200113-20200125.tif", PairPhase("20200113", "20200125"));
  WriteTiff(folder / "x_20200101-20200125.tif", PairPhase("20200101", "20200125"));
}

TEST(BadInput, FolderThatIsNotThere) {
  StackSource source;
  source.path = "/no/such/folder";
  EXPECT_THAT(MessageOf(OpenStack(source).status()), HasSubstr("FW-2003"));
}

TEST(BadInput, FolderOfOtherThings) {
  TestFolder folder;
  WriteText(folder / "readme.txt", "nothing of interest");
  StackSource source;
  source.path = folder.str();
  EXPECT_THAT(MessageOf(OpenStack(source).status()), AllOf(HasSubstr("FW-1011"), HasSubstr("--pattern")));
  source.format = "tiff";
  EXPECT_THAT(MessageOf(OpenStack(source).status()), HasSubstr("FW-1011"));
}

TEST(BadInput, EveryReasonAtOnceWhenNothingIsLeft) {
  TestFolder folder;
  WriteTiff(folder / "x_20200101-20200101.tif", PairPhase("20200101", "20200113"));
  WriteTiff(folder / "x_20200101-20201340.tif", PairPhase("20200101", "20200113"));
  WriteTiff(folder / "x_20200101-20200125.tif", Constant(kMissing));
  StackSource source = Pattern(folder);
  source.wavelength_m.reset();
  const auto opened = OpenStack(source);
  EXPECT_THAT(MessageOf(opened.status()),
              AllOf(HasSubstr("FW-1006"), HasSubstr("FW-1003"), HasSubstr("--wavelength"), HasSubstr("both dates"),
                    HasSubstr("2020-13-40"), HasSubstr("FW-1008")));
}

TEST(BadInput, ThousandsOfReasonsAreCounted) {
  TestFolder folder;
  for (int i = 0; i < 50; ++i) WriteText(fmt::format("{}/x_20200101-202002{:02}.tif", folder.str(), i + 40), "no date");
  const std::string message = MessageOf(OpenStack(Pattern(folder)).status());
  EXPECT_THAT(message, AllOf(HasSubstr("2020-02-59"), HasSubstr("and 30 more"), Not(HasSubstr("2020-02-60"))));
}

TEST(BadInput, UnknownWavelength) {
  TestFolder folder;
  WriteTriangle(folder);
  StackSource source = Pattern(folder);
  source.wavelength_m.reset();
  const auto opened = OpenStack(source);
  EXPECT_EQ(opened.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(MessageOf(opened.status()), AllOf(HasSubstr("FW-1003"), HasSubstr("--wavelength METRES")));
  source.wavelength_m = 55.5;  // millimetres
  EXPECT_THAT(MessageOf(OpenStack(source).status()), HasSubstr("FW-1010"));
}

TEST(BadInput, WavelengthFromTags) {
  TestFolder folder;
  TiffOptions tagged;
  tagged.tags = {"WAVELENGTH_METRES=0.2361"};
  WriteTiff(folder / "x_20200101-20200113.tif", PairPhase("20200101", "20200113"), tagged);
  tagged.tags = {"WAVELENGTH_METRES=0.0555"};
  WriteTiff(folder / "x_20200113-20200125.tif", PairPhase("20200113", "20200125"), tagged);
  StackSource source = Pattern(folder);
  source.wavelength_m.reset();
  const auto reader = MustOpen(source);
  EXPECT_EQ(reader->track().wavelength_source, "metadata");
  EXPECT_EQ(reader->track().pairs.size(), 1u);
  EXPECT_THAT(Reasons(reader->track(), Verdict::kRejected), HasSubstr("FW-1012"));
}

TEST(BadInput, PairOnAnotherGrid) {
  TestFolder folder;
  WriteTriangle(folder);
  TiffOptions half_a_pixel;
  half_a_pixel.x0 = 15.0005;
  WriteTiff(folder / "x_20200113-20200206.tif", PairPhase("20200113", "20200206"), half_a_pixel);
  TiffOptions coarser;
  coarser.dx = 0.002;
  WriteTiff(folder / "x_20200125-20200206.tif", PairPhase("20200125", "20200206"), coarser);
  TiffOptions projected{.x0 = 15.0, .y0 = 45.0, .epsg = 32633};
  WriteTiff(folder / "x_20200101-20200206.tif", PairPhase("20200101", "20200206"), projected);
  const auto reader = MustOpen(Pattern(folder));
  EXPECT_EQ(reader->track().pairs.size(), 3u);
  const std::string reasons = Reasons(reader->track(), Verdict::kRejected);
  EXPECT_EQ(std::count(reasons.begin(), reasons.end(), '\n'), 3);
  EXPECT_THAT(reasons,
              AllOf(HasSubstr("FW-1001"), HasSubstr("corner (15.0005, 45)"), HasSubstr("common grid (50 x 40 px")));
}

TEST(BadInput, SparseButValidRasterIsKept) {
  TestFolder folder;
  WriteTiff(folder / "x_20200101-20200113.tif", Array2<float>(700, 900, kMissing));
  Array2<float> sparse(700, 900, kMissing);
  sparse(699, 1) = 0.5f;  // far from every sample window
  WriteTiff(folder / "x_20200113-20200125.tif", sparse);
  const auto reader = MustOpen(Pattern(folder));
  ASSERT_EQ(reader->track().pairs.size(), 1u);
  EXPECT_EQ(reader->track().pairs[0].Key(), "20200113_20200125");
  EXPECT_THAT(Reasons(reader->track(), Verdict::kRejected), HasSubstr("FW-1008"));
}

TEST(BadInput, FlippedSinglePair) {
  TestFolder folder;
  const std::vector<std::string> dates = {"20200101", "20200113", "20200125", "20200206"};
  for (size_t i = 0; i < dates.size(); ++i) {
    for (size_t j = i + 1; j < dates.size(); ++j) {
      const bool flip = i == 1 && j == 2;
      WriteTiff(folder / ("x_" + dates[i] + "-" + dates[j] + ".tif"),
                flip ? PairPhase(dates[j], dates[i]) : PairPhase(dates[i], dates[j]));
    }
  }
  const auto reader = MustOpen(Pattern(folder));
  EXPECT_EQ(reader->track().pairs.size(), 5u);
  EXPECT_THAT(Reasons(reader->track(), Verdict::kRejected),
              AllOf(HasSubstr("x_20200113-20200125.tif"), HasSubstr("FW-1004"), HasSubstr("2 of its triplets")));
}

TEST(BadInput, MissingCoherenceOfAPattern) {
  TestFolder folder;
  WriteTriangle(folder);
  WriteTiff(folder / "c_20200101-20200113.tif", Constant(0.4f));
  WriteTiff(folder / "c_20200113-20200125.tif", Constant(7.0f));  // no coherence at all
  StackSource source = Pattern(folder);
  source.coherence_pattern = "c_{date1}-{date2}.tif";
  const auto reader = MustOpen(source);
  ASSERT_EQ(reader->track().pairs.size(), 1u);
  EXPECT_NEAR(ReadWhole(*reader, 0).coherence(9, 9), 0.4f, 1e-6);
  EXPECT_THAT(Reasons(reader->track(), Verdict::kRejected),
              AllOf(HasSubstr("FW-1009"), HasSubstr("no coherence (0 to 1")));
}

TEST(BadInput, PatternAndOptions) {
  TestFolder folder;
  WriteTriangle(folder);
  StackSource source = Pattern(folder);
  source.pattern = "x_{date1}.tif";
  EXPECT_THAT(MessageOf(OpenStack(source).status()), HasSubstr("FW-1010"));
  source = Pattern(folder);
  source.height_path = folder / "no_dem.tif";
  EXPECT_THAT(MessageOf(OpenStack(source).status()), HasSubstr("--dem"));
}

TEST(BadInput, HeightOnAnotherGridIsLeftOut) {
  TestFolder folder;
  WriteTriangle(folder);
  StackSource source = Pattern(folder);
  source.height_path = folder / "dem.tif";
  TiffOptions coarse;
  coarse.dx = 0.0013;
  WriteTiff(source.height_path, Constant(300.0f), coarse);
  auto reader = MustOpen(source);
  EXPECT_FALSE(reader->track().has_height);
  EXPECT_THAT(reader->track().notes, Contains(HasSubstr("heights are not used")));
  WriteTiff(source.height_path, Constant(300.0f));
  reader = MustOpen(source);
  ASSERT_TRUE(reader->track().has_height);
  EXPECT_EQ((*reader->ReadHeight({1, 2, 3, 4}))(2, 3), 300.0f);
}

TEST(BadInput, LicsarWithUnwrappedPhaseOnly) {
  TestFolder folder;
  WriteLicsarPair(folder, "20200101", "20200113");
  const std::string prefix = folder / "interferograms/20200101_20200113/20200101_20200113.geo.";
  Array2<float> unwrapped(kRows, kCols);
  for (int r = 0; r < kRows; ++r) {
    for (int c = 0; c < kCols; ++c) {
      unwrapped(r, c) = static_cast<float>(DatePhase("20200113", r, c) - DatePhase("20200101", r, c));
    }
  }
  unwrapped(3, 3) = kMissing;
  unwrapped(3, 4) = 0.0f;
  std::filesystem::remove(prefix + "diff_pha.tif");
  WriteTiff(prefix + "unw.tif", unwrapped);
  WriteText(folder / "metadata/metadata.txt", "heading=-10.5\navg_incidence_angle=39\n");
  StackSource source;
  source.path = folder.str();
  const auto reader = MustOpen(source);
  EXPECT_TRUE(reader->track().rewrapped);
  EXPECT_EQ(reader->track().orbit_direction, "ascending");
  EXPECT_LT(reader->track().line_of_sight->east, 0.0);
  EXPECT_EQ(reader->track().wavelength_source, "sensor table (S1)");
  Array2<float> expected = PairPhase("20200101", "20200113");
  expected(3, 3) = expected(3, 4) = kMissing;
  EXPECT_LT(WrappedDifference(ReadWhole(*reader, 0).phase_rad, expected), 1e-5);
  EXPECT_THAT(reader->track().notes, Contains(HasSubstr("wrapped again")));
}

TEST(BadInput, GammaFilesOfAnotherSize) {
  TestFolder folder;
  const std::vector<float> numbers = AsComplex(PairPhase("20200101", "20200113"), 0.8f);
  const std::vector<float> shorter(numbers.begin(), numbers.end() - 2);
  std::vector<float> longer = numbers;
  longer.resize(numbers.size() + 2);
  WriteRaw(folder / "20200101_20200113.diff", numbers, true);
  WriteRaw(folder / "20200113_20200125.diff", shorter, true);
  WriteRaw(folder / "20200101_20200125.diff", longer, true);
  WriteText(folder / "20200101_20200113.diff_par", "not data");
  WriteText(folder / "a.mli.par",
            fmt::format("range_samples: {}\nazimuth_lines: {}\nradar_frequency: 5.4e9\n", kCols, kRows));
  StackSource source;
  source.path = folder.str();
  source.pixel_size_m = 20.0;
  const auto reader = MustOpen(source);
  EXPECT_EQ(reader->track().pairs.size(), 1u);
  EXPECT_EQ(reader->track().grid.spacing_x_m, 20.0);
  EXPECT_THAT(Reasons(reader->track(), Verdict::kRejected), AllOf(HasSubstr("FW-2001"), HasSubstr("FW-1001")));
}

TEST(BadInput, ParentThatHoldsTheFrame) {
  TestFolder folder;
  std::filesystem::create_directories(folder / "005A_00001_010101/metadata");
  WriteLicsarTriangle(folder);
  std::filesystem::rename(folder / "interferograms", folder / "005A_00001_010101/interferograms");
  StackSource source;
  source.path = folder.str();
  const auto reader = MustOpen(source);
  EXPECT_EQ(reader->track().name, "005A_00001_010101");
  EXPECT_EQ(reader->track().orbit_direction, "ascending");
}

TEST(BadInput, WindowsOfManyThreadsAreTheSame) {
  TestFolder folder;
  WriteLicsarTriangle(folder);
  StackSource source;
  source.path = folder.str();
  const auto reader = MustOpen(source);
  const Array2<float> whole = ReadWhole(*reader, 1).phase_rad;
  std::vector<std::thread> threads;
  std::vector<double> worst(4, 0.0);
  for (size_t t = 0; t < worst.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const Window window{(i + static_cast<int>(t)) % 20, i % 30, 15, 17};
        const auto part = reader->ReadPair(1, window);
        worst[t] = std::max(worst[t], part.ok() ? WrappedDifference(part->phase_rad, Crop(whole, window)) : INFINITY);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const double value : worst) EXPECT_EQ(value, 0.0);
  EXPECT_EQ(reader->ReadPair(1, {0, 0, kRows + 1, kCols}).status().code(), StatusCode::kInternal);
}

}  // namespace
}  // namespace fringewatch::io
