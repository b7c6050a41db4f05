/// A track: a stack of wrapped interferograms of one frame, described without its pixels.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/date.h"
#include "common/base/units.h"
#include "common/raster/grid.h"

namespace fringewatch {

/// One interferogram: phase of date2 relative to date1, date1 < date2 always.
struct Pair {
  Date date1;
  Date date2;
  double perpendicular_baseline_m = std::numeric_limits<double>::quiet_NaN();  ///< NaN = unknown

  [[nodiscard]] int span_days() const { return DaysBetween(date1, date2); }
  /// "20180106_20180118".
  [[nodiscard]] std::string Key() const { return date1.Compact() + "_" + date2.Compact(); }
};

/// Unit vector from the ground to the satellite (east, north, up).
struct LineOfSight {
  double east = 0.0;
  double north = 0.0;
  double up = 1.0;
};

/// What became of one input file.
struct InputRecord {
  enum class Verdict { kAccepted, kSuperseded, kRejected };
  std::string path;
  std::string role;  ///< "phase", "coherence", "height", "metadata"
  Verdict verdict = Verdict::kAccepted;
  std::string reason;  ///< empty when accepted as it is; else what was done or why not ("FW-2001 ...")
};

/// Everything known of a stack before its pixels are read. Pairs are sorted by (date1, date2) and unique.
struct Track {
  std::string name;    ///< frame or track name, e.g. "005A_00001_010101"
  std::string format;  ///< "licsar", "hyp3", "isce2", "gamma", "geotiff", "simulated"
  Grid grid;
  double wavelength_m = 0.0;
  std::string wavelength_source;             ///< "metadata", "sensor table (S1)", "option --wavelength"
  std::optional<LineOfSight> line_of_sight;  ///< frame mean; none = unknown
  std::string orbit_direction = "unknown";   ///< "ascending", "descending", "unknown"
  std::vector<Pair> pairs;
  bool has_coherence = false;
  bool has_height = false;
  bool rewrapped = false;  ///< the source held unwrapped phase, which is wrapped again on reading
  std::vector<InputRecord> inputs;
  std::vector<std::string> notes;  ///< sentences for the operator: flips, reconciled grids, estimated coherence
};

/// Dates of the pairs, sorted, unique.
[[nodiscard]] std::vector<Date> DatesOf(const std::vector<Pair>& pairs);

}  // namespace fringewatch
