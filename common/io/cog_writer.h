/// Cloud-optimised GeoTIFF, filled window by window, so that memory does not grow with the frame.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/raster/array.h"
#include "common/raster/grid.h"

namespace fringewatch::io {

/// A float32 product that starts as NaN everywhere. Windows go to a sparse temporary file beside `path`; Finish
/// turns it into the COG and renames it. Dropped without Finish: nothing is left. Same content, same bytes,
/// whatever the order of windows that do not overlap. One thread at a time.
class CogWriter {
 public:
  /// One band per description. \error kNotWritable with the file and the reason.
  [[nodiscard]] static StatusOr<std::unique_ptr<CogWriter>> Create(const std::string& path, const Grid& grid,
                                                                   const std::vector<std::string>& descriptions);
  ~CogWriter();
  /// Writes the pixels of `values` (rows x cols of `window`, which lies inside the grid) that are not NaN; where
  /// `values` is NaN the file keeps what it has. `band` counts from 0. \error kNotWritable
  [[nodiscard]] Status Write(int band, const Window& window, const Array2<float>& values);
  /// Overviews, tags (UNITS, SIGN, ...), rename. Call once. \error kNotWritable
  [[nodiscard]] Status Finish(const std::map<std::string, std::string>& tags);

 private:
  struct Impl;
  explicit CogWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fringewatch::io
