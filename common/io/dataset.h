/// Raster files through GDAL: geometry, nodata, damage; windows as float with NaN for missing.
///
/// GDAL handles serve one thread at a time: a DatasetPool lends them out, so that any number of reads run at once.
#pragma once

#include <cmath>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/io/source_rules.h"
#include "common/raster/array.h"
#include "common/raster/grid.h"

class GDALDataset;

namespace fringewatch::io {

/// Registers the GDAL drivers once, with errors captured instead of printed and a block cache of 256 MiB unless the
/// environment sets GDAL_CACHEMAX. Safe to call from anywhere, often.
void PrepareGdal();

/// The last GDAL error of this thread, for messages; "no reason given" when there is none.
[[nodiscard]] std::string LastGdalError();

/// One band of a file, and how GDAL opens it.
struct RasterSource {
  std::string path;        ///< the file, as the operator knows it
  std::string vrt;         ///< GDAL virtual raster (XML) that describes a raw file; empty = `path` describes itself
  uint64_t raw_bytes = 0;  ///< least size of a raw file; 0 = not raw
  int band = 1;            ///< from 1; 0 = the last one
};

/// What is known of a band before its pixels are read.
struct RasterInfo {
  Grid grid;  ///< north-up, outer corner, longitudes in [-180, 180)
  int band = 1;
  bool flip_rows = false;  ///< the file's first row is the southern one
  bool is_complex = false;
  bool is_byte = false;
  std::optional<double> nodata;
  double scale = 1.0;  ///< value = stored * scale + offset
  double offset = 0.0;
  std::string unit;  ///< as the file states it, lower case; empty = not stated
  std::map<std::string, std::string> tags;
};

/// Opens, checks that nothing is cut off, describes.
/// \error kNotReadable; kRasterTruncated for an empty or cut-off file; kGridMismatch for a rotated grid; by the rules
/// kPathForbidden, kRasterTooLarge (before any pixel is read) and kFormatUnknown.
[[nodiscard]] StatusOr<RasterInfo> Inspect(const RasterSource& source, const SourceRules& rules = {});

/// The two parts of a complex window; NaN in both where the number is zero or not finite.
struct ComplexWindow {
  Array2<float> phase_rad;
  Array2<float> magnitude;
};

/// Coherence in bytes (255 = 1), as LiCSAR writes it.
inline constexpr float kByteToCoherence = 1.0f / 255.0f;
/// What processors write for 1, at most.
inline constexpr float kCoherenceLimit = 1.05f;

/// Whether a number of a band (in the file's units) can be a coherence; NaN = missing can.
[[nodiscard]] inline bool MayBeCoherence(float value, bool is_byte) {
  return std::isnan(value) || (value >= 1.0f - kCoherenceLimit && value <= (is_byte ? 255.0f : kCoherenceLimit));
}

/// \error kInputRejected always: what to say of a number that MayBeCoherence refuses.
[[nodiscard]] Status NoCoherence(const std::string& path, float value);

/// Open files, at most one per concurrent reader in use and a bounded number kept idle. Thread-safe.
class DatasetPool {
 public:
  /// `rules` hold for every file that it opens.
  explicit DatasetPool(SourceRules rules = {});
  ~DatasetPool();
  DatasetPool(const DatasetPool&) = delete;
  DatasetPool& operator=(const DatasetPool&) = delete;

  /// A window (inside info.grid) of a band, in the file's units; nodata and infinities -> NaN. A complex band gives
  /// its argument. \error kRasterTruncated, kNotReadable
  [[nodiscard]] StatusOr<Array2<float>> Read(const RasterSource& source, const RasterInfo& info,
                                             const Window& window) const;
  /// A window of a complex band. Errors as Read.
  [[nodiscard]] StatusOr<ComplexWindow> ReadComplex(const RasterSource& source, const RasterInfo& info,
                                                    const Window& window) const;

 private:
  class Lease;
  struct Idle;
  [[nodiscard]] Status ReadPixels(const RasterSource& source, const RasterInfo& info, const Window& window,
                                  void* buffer, bool as_complex) const;
  SourceRules rules_;
  mutable std::mutex mutex_;
  mutable std::list<Idle> idle_;  // oldest first
};

/// Number formats of raw rasters.
enum class RawType { kFloat32, kFloat64, kComplex64, kComplex128 };

/// A raw file without header. `interleave`: how the bands lie in the file, by line, by pixel or one after the other.
struct RawLayout {
  enum class Interleave { kLine, kPixel, kBand };
  int rows = 0;
  int cols = 0;
  int bands = 1;
  RawType type = RawType::kFloat32;
  bool big_endian = false;
  Interleave interleave = Interleave::kLine;
};
[[nodiscard]] RasterSource RawSource(const std::string& path, const RawLayout& layout, int band = 1);

/// Where to look at a raster to get an impression of it: a 4 x 4 lattice of 16 x 16 windows, or everything when small.
[[nodiscard]] std::vector<Window> SampleWindows(int rows, int cols);

}  // namespace fringewatch::io
