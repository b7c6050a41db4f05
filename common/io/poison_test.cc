/// A file that is damaged after its stack was accepted: said with its path, not worth another attempt, gone once
/// mended.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/base/retry.h"
#include "common/io/confined_sources.h"
#include "common/io/licsar_writer.h"
#include "common/io/reader_test_files.h"
#include "tests/support/status_matchers.h"

namespace fringewatch::io {
namespace {

using namespace testing;  // NOLINT: the test files of this folder
using ::testing::HasSubstr;

namespace fs = std::filesystem;

sim::SceneConfig SmallScene() {
  sim::SceneConfig config;
  config.rows = 300;
  config.cols = 90;
  config.epochs = 4;
  config.pairs = 5;
  config.sites.count = 1;
  config.sites.radius_max_m = 400.0;
  return config;
}

class Poison : public ::testing::Test {
 protected:
  Poison() {
    const Status written = WriteSimulation(sim::Scene(SmallScene()), folder_.str());
    EXPECT_THAT(written, IsOk());
    source_.path = folder_.str();
  }
  [[nodiscard]] StatusOr<std::unique_ptr<StackReader>> Open() const {
    return ConfinedOpener({.roots = {folder_.str()}})(source_);
  }
  /// The phase file of a pair of `track`.
  [[nodiscard]] std::string PhaseFile(const Track& track, size_t pair) const {
    const std::string key = track.pairs[pair].date1.Compact() + "_" + track.pairs[pair].date2.Compact();
    return folder_ / ("interferograms/" + key + "/" + key + ".geo.diff_pha.tif");
  }
  TestFolder folder_;
  StackSource source_;
};

TEST_F(Poison, TruncatedAfterItWasAccepted) {
  const auto stack = Open();
  ASSERT_THAT(stack, IsOk());
  const Track track = (*stack)->track();
  const PairRaster whole = ReadWhole(*Open().value(), 1);  // of another stack: what was read before is remembered
  const std::string file = PhaseFile(track, 1), copy = folder_ / "copy.tif";
  fs::copy_file(file, copy);
  const auto size = fs::file_size(file);
  for (const uintmax_t left : {size * 9 / 10, size / 2, uintmax_t{200}, uintmax_t{8}, uintmax_t{0}}) {
    fs::resize_file(file, left);
    const auto read = (*stack)->ReadPair(1, track.grid.frame());
    ASSERT_THAT(read, IsFault(Fault::kRasterTruncated)) << left << " bytes left";
    EXPECT_THAT(MessageOf(read.status()), HasSubstr(file));
    EXPECT_FALSE(IsRetryable(read.status()));
    EXPECT_THAT((*stack)->ReadPair(0, track.grid.frame()), IsOk());
    // A stack opened now rejects the file, says why, and keeps the others.
    const auto fresh = Open();
    ASSERT_THAT(fresh, IsOk());
    EXPECT_EQ((*fresh)->track().pairs.size(), track.pairs.size() - 1);
    const std::string reasons = Reasons((*fresh)->track(), InputRecord::Verdict::kRejected);
    EXPECT_THAT(reasons, HasSubstr("FW-2001"));
    EXPECT_THAT(reasons, HasSubstr(file));
  }
  fs::copy_file(copy, file, fs::copy_options::overwrite_existing);
  const auto mended = Open();
  ASSERT_THAT(mended, IsOk());
  ASSERT_EQ((*mended)->track().pairs.size(), track.pairs.size());
  EXPECT_EQ(ReadWhole(**mended, 1).coherence.values, whole.coherence.values);
}

TEST_F(Poison, RemovedAfterItWasAccepted) {
  const auto stack = Open();
  ASSERT_THAT(stack, IsOk());
  const Track track = (*stack)->track();
  fs::remove(PhaseFile(track, 2));
  const auto read = (*stack)->ReadPair(2, track.grid.frame());
  EXPECT_THAT(read, IsFault(Fault::kNotReadable));
  EXPECT_FALSE(IsRetryable(read.status()));
  EXPECT_THAT(MessageOf(read.status()), HasSubstr(PhaseFile(track, 2)));
}

TEST_F(Poison, ALinkOutAfterItWasAccepted) {
  const auto stack = Open();
  ASSERT_THAT(stack, IsOk());
  const Track track = (*stack)->track();
  const TestFolder elsewhere;
  const std::string file = PhaseFile(track, 0);
  fs::rename(file, elsewhere / "moved.tif");
  fs::create_symlink(elsewhere / "moved.tif", file);
  EXPECT_THAT((*stack)->ReadPair(0, track.grid.frame()), IsFault(Fault::kPathForbidden));
}

TEST(PoisonRaw, TruncatedAfterItWasAccepted) {
  const TestFolder folder;
  for (const char* pair : {"20200101_20200113", "20200113_20200125"}) {
    const std::string name(pair);
    WriteRaw(folder / (name + ".diff"), AsComplex(PairPhase(name.substr(0, 8), name.substr(9)), 1.0f), true);
  }
  WriteText(folder / "rmli.mli.par",
            fmt::format("range_samples: {}\nazimuth_lines: {}\nradar_frequency: 5.4e9\n", kCols, kRows));
  const auto stack = OpenStack({.path = folder.str()});
  ASSERT_THAT(stack, IsOk());
  fs::resize_file(folder / "20200101_20200113.diff", 8 * kCols * (kRows - 1));
  const auto read = (*stack)->ReadPair(0, (*stack)->track().grid.frame());
  EXPECT_THAT(read, IsFault(Fault::kRasterTruncated));
  EXPECT_THAT(MessageOf(read.status()), HasSubstr("20200101_20200113.diff"));
}

}  // namespace
}  // namespace fringewatch::io
