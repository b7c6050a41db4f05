/// Tiny stacks on disk for the tests of the readers, with a phase that is known by formula. What cannot be written or
/// read throws std::runtime_error, which fails the test.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/base/date.h"
#include "common/io/open_stack.h"

namespace fringewatch::io::testing {

inline constexpr int kRows = 40, kCols = 50;

/// A folder of its own, removed at the end.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] std::string str() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

/// Unwrapped phase of a date at a pixel: an own smooth pattern per date, spanning more than a cycle over the raster.
[[nodiscard]] double DatePhase(const std::string& date, int row, int col);
/// Wrapped phase of the pair (date1, date2), (row, col) from `first_row`, never exactly 0.
[[nodiscard]] Array2<float> PairPhase(const std::string& date1, const std::string& date2, int rows = kRows,
                                      int cols = kCols, int first_row = 0);

struct TiffOptions {
  std::string type = "Float32";  ///< GDAL data type
  double x0 = 15.0, y0 = 45.0, dx = 0.001, dy = -0.001;
  int epsg = 4326;
  std::optional<double> nodata;
  std::string unit;
  bool point = false;             ///< AREA_OR_POINT=Point
  std::vector<std::string> tags;  ///< "KEY=VALUE"
};
/// Writes a GeoTIFF; `imaginary` not empty: complex numbers.
void WriteTiff(const std::string& path, const Array2<float>& values, const TiffOptions& options = {},
               const Array2<float>& imaginary = {});

/// Raw numbers; `repeat` values per number (2 = complex).
void WriteRaw(const std::string& path, const std::vector<float>& numbers, bool big_endian);
void WriteText(const std::string& path, const std::string& text);
/// A netCDF classic file as GMT writes it: z(lat, lon), rows in the order of `latitudes`.
void WriteGmtGrid(const std::string& path, const std::vector<double>& latitudes, const std::vector<double>& longitudes,
                  const Array2<float>& z);

/// real, imaginary, real, ... of magnitude * exp(i phase).
[[nodiscard]] std::vector<float> AsComplex(const Array2<float>& phase, float magnitude);
/// A raster of one value.
[[nodiscard]] inline Array2<float> Constant(float value) { return Array2<float>(kRows, kCols, value); }

/// diff_pha and cc of one pair of a LiCSAR frame (phase = PairPhase, coherence 0.5 as bytes).
void WriteLicsarPair(const TestFolder& frame, const std::string& date1, const std::string& date2);
/// Three dates, three pairs.
void WriteLicsarTriangle(const TestFolder& frame);

/// Opens, ending the test with the message when that does not work.
[[nodiscard]] std::unique_ptr<StackReader> MustOpen(const StackSource& source);
/// The reasons of all records with this verdict, one per line, with their paths.
[[nodiscard]] std::string Reasons(const Track& track, InputRecord::Verdict verdict);
/// Largest difference (wrapped) between two phases; infinite when one is missing where the other is not.
[[nodiscard]] double WrappedDifference(const Array2<float>& a, const Array2<float>& b);
/// The whole of a pair.
[[nodiscard]] PairRaster ReadWhole(const StackReader& reader, int pair);

}  // namespace fringewatch::io::testing
