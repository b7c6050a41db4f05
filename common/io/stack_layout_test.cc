/// A stack that is opened again from its layout: the same pixels and the same facts, whatever became of the files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/io/confined_sources.h"
#include "common/io/reader_test_files.h"
#include "common/stack/track_identity.h"
#include "tests/support/status_matchers.h"

namespace fringewatch::io {
namespace {

using namespace testing;  // NOLINT: the test files of this folder

namespace fs = std::filesystem;

void ExpectSame(const StackReader& stack, const StackReader& again) {
  EXPECT_EQ(TrackIdentity(again.track()), TrackIdentity(stack.track()));
  EXPECT_EQ(again.Layout(), stack.Layout());
  ASSERT_EQ(again.track().inputs.size(), stack.track().inputs.size());
  for (int pair = 0; pair < static_cast<int>(stack.track().pairs.size()); ++pair) {
    const PairRaster expected = ReadWhole(stack, pair), read = ReadWhole(again, pair);
    EXPECT_EQ(WrappedDifference(read.phase_rad, expected.phase_rad), 0.0);
    EXPECT_EQ(read.coherence.rows, expected.coherence.rows);
  }
}

TEST(StackLayout, GivesTheSameStack) {
  const TestFolder frame;
  WriteLicsarTriangle(frame);
  const auto stack = MustOpen({.path = frame.str()});
  ASSERT_FALSE(stack->Layout().empty());
  const auto again = ReopenStack(stack->Layout());
  ASSERT_THAT(again, IsOk());
  ExpectSame(*stack, **again);
  EXPECT_EQ((*again)->track().notes, stack->track().notes);
  EXPECT_EQ((*again)->track().grid.spacing_x_m, stack->track().grid.spacing_x_m);
  ASSERT_TRUE((*again)->track().grid.geographic);
}

TEST(StackLayout, KnowsTurnedRowsDegreesShiftsAndHeights) {
  const TestFolder folder;
  const Array2<float> phase = PairPhase("20200101", "20200113");
  Array2<float> degrees = phase;
  for (float& value : degrees.values) value *= 57.29578F;
  WriteTiff(folder / "20200101_20200113.tif", degrees, {.unit = "degrees"});
  WriteTiff(folder / "20200125_20200113.tif", phase, {.y0 = 45.0 - 0.001 * kRows, .dy = 0.001, .nodata = -9999.0});
  WriteTiff(folder / "dem.tif", Constant(700.0F));
  const auto stack = MustOpen({.path = folder.str(),
                               .format = "geotiff",
                               .pattern = "{date1}_{date2}.tif",
                               .height_path = folder / "dem.tif",
                               .wavelength_m = 0.055});
  const auto again = ReopenStack(stack->Layout());
  ASSERT_THAT(again, IsOk());
  ExpectSame(*stack, **again);
  const Window frame = stack->track().grid.frame();
  EXPECT_EQ((*again)->ReadHeight(frame).value().values, stack->ReadHeight(frame).value().values);
}

TEST(StackLayout, RawFilesKeepTheirLayout) {
  const TestFolder folder;
  for (const char* pair : {"20200101_20200113", "20200113_20200125"}) {
    const std::string name(pair);
    WriteRaw(folder / (name + ".diff"), AsComplex(PairPhase(name.substr(0, 8), name.substr(9)), 1.0F), true);
  }
  WriteText(folder / "rmli.mli.par",
            fmt::format("range_samples: {}\nazimuth_lines: {}\nradar_frequency: 5.4e9\n", kCols, kRows));
  const auto stack = MustOpen({.path = folder.str()});
  const auto again = ReopenStack(stack->Layout());
  ASSERT_THAT(again, IsOk());
  ExpectSame(*stack, **again);
}

TEST(StackLayout, ADamagedFileIsAnErrorOfItsOwnReadsOnly) {
  const TestFolder frame;
  WriteLicsarTriangle(frame);
  const auto stack = MustOpen({.path = frame.str()});
  std::string phase_file;
  for (const InputRecord& input : stack->track().inputs) {
    if (input.role == "phase") phase_file = input.path;
  }
  fs::resize_file(phase_file, 0);
  const auto again = ReopenStack(stack->Layout());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ((*again)->track().pairs.size(), stack->track().pairs.size());
  const Window whole = stack->track().grid.frame();
  int damaged = 0;
  for (int pair = 0; pair < static_cast<int>(stack->track().pairs.size()); ++pair) {
    const auto read = (*again)->ReadPair(pair, whole);
    if (read.ok()) continue;
    ++damaged;
    EXPECT_THAT(read, IsFault(Fault::kRasterTruncated));
    EXPECT_THAT(MessageOf(read.status()), ::testing::HasSubstr(phase_file));
  }
  EXPECT_EQ(damaged, 1);
}

TEST(StackLayout, TheLimitsHoldWhenFilesAreOpened) {
  const TestFolder frame, elsewhere;
  WriteLicsarTriangle(frame);
  const auto stack = MustOpen({.path = frame.str()});
  const auto again = ConfinedReopener({.roots = {elsewhere.str()}})(stack->Layout());
  ASSERT_THAT(again, IsOk());
  EXPECT_THAT((*again)->ReadPair(0, stack->track().grid.frame()), IsFault(Fault::kPathForbidden));
  const auto small = ConfinedReopener({.roots = {frame.str()}, .max_rows = 10})(stack->Layout());
  ASSERT_THAT(small, IsOk());
  EXPECT_THAT((*small)->ReadPair(0, stack->track().grid.frame()), IsFault(Fault::kRasterTooLarge));
}

TEST(StackLayout, OtherTextIsRefused) {
  for (const char* text : {"", "{", "[]", "{\"track\": {}}"}) {
    EXPECT_THAT(ReopenStack(text), IsFault(Fault::kInternal)) << text;
  }
}

}  // namespace
}  // namespace fringewatch::io
