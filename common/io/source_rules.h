/// What may be opened of a stack: paths below certain roots, rasters of certain formats up to a certain size.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace fringewatch::io {

struct SourceLimits {
  /// Absolute local folders, or prefixes of GDAL's virtual file systems ("/vsis3/bucket/tracks"). Empty: any local
  /// path, and no virtual one.
  std::vector<std::string> roots;
  long max_rows = 100'000;     ///< of a raster, likewise columns
  double max_raster_gib = 16;  ///< of one raster with all its bands, decompressed
};

/// Whether `path` is `folder` or below it, by their letters.
[[nodiscard]] bool IsBelow(std::string_view path, std::string_view folder);

/// Size of a raster as its header states it.
struct RasterSize {
  long rows = 0, cols = 0, bands = 1;
  uint64_t bytes_per_value = 4;
  long block_rows = 1, block_cols = 1;  ///< what is decompressed at once
};

/// A value: copies judge alike. Thread-safe.
class SourceRules {
 public:
  /// No rule at all: the rights of the user decide. For the program that a user runs on files of his own.
  SourceRules() = default;
  explicit SourceRules(SourceLimits limits) : confined_(true), limits_(std::move(limits)) {}

  [[nodiscard]] bool confined() const { return confined_; }
  /// Whether `path` may be opened, links followed. It need not exist.
  /// \error kPathForbidden with the path and the roots
  [[nodiscard]] Status CheckPath(const std::string& path) const;
  /// \error kRasterTooLarge
  [[nodiscard]] Status CheckSize(const std::string& path, const RasterSize& size) const;

 private:
  bool confined_ = false;
  SourceLimits limits_;
};

}  // namespace fringewatch::io
