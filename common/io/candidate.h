/// What a format's reader finds in a folder, before anything is accepted: the common language of the readers.
#pragma once

#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "common/io/dataset.h"
#include "common/io/source_files.h"
#include "common/stack/stack_source.h"
#include "common/stack/track.h"

namespace fringewatch::io {

/// One interferogram as its files name it.
struct Candidate {
  std::string name;  ///< for messages and ties: folder or file name
  Date first;        ///< dates in the order of the name; the phase is of `second` relative to `first`
  Date second;
  RasterSource phase;
  bool unwrapped = false;
  bool zero_is_missing = false;  ///< by the format's definition; else only when the file declares no other nodata
  std::optional<RasterSource> coherence;
  std::string coherence_expected;  ///< file that the format promises and is not there; empty = nothing is missing
  double perpendicular_baseline_m = std::numeric_limits<double>::quiet_NaN();  ///< in the order of the name
  int version = 0;                                                             ///< of the same pair the highest counts
};

/// A folder's content by one reader.
struct Listing {
  std::string format;
  std::string track_name;
  std::vector<Candidate> candidates;
  std::vector<InputRecord> records;  ///< metadata files, and whatever could not become a candidate
  std::vector<std::string> notes;
  std::optional<double> wavelength_m;
  std::string wavelength_source;
  std::optional<LineOfSight> line_of_sight;
  std::string orbit_direction = "unknown";
  std::optional<RasterSource> height;
  double spacing_x_m = 0.0;  ///< of radar geometry; 0 = unknown
  double spacing_y_m = 0.0;
  bool magnitude_may_be_coherence = false;  ///< complex pairs without coherence: the magnitude, if within [0, 1]

  void Accept(const std::string& path, const std::string& role, const std::string& remark = "");
  void Reject(const std::string& path, const std::string& role, const Status& status);
  /// Sets the candidate's dates from a name's two texts; where one does not parse, records the rejection of `path`.
  [[nodiscard]] bool SetDates(Candidate& candidate, const std::string& first, const std::string& second,
                              const std::string& path);
};

/// The readers. Each lists what the folder of the source holds, seen through `disk` alone; none of them reads pixels of
/// the pairs.
/// \error kNotReadable, kBadOption, kStackEmpty when there is nothing of that format.
[[nodiscard]] StatusOr<Listing> ListLicsar(const SourceFiles& disk, const StackSource& source);
[[nodiscard]] StatusOr<Listing> ListHyp3(const SourceFiles& disk, const StackSource& source);
[[nodiscard]] StatusOr<Listing> ListIsce2(const SourceFiles& disk, const StackSource& source);
[[nodiscard]] StatusOr<Listing> ListGamma(const SourceFiles& disk, const StackSource& source);
[[nodiscard]] StatusOr<Listing> ListGeotiff(const SourceFiles& disk, const StackSource& source);

/// Direction of flight from the heading (degrees clockwise from north).
[[nodiscard]] std::string OrbitOfHeading(double heading_deg);
/// Line of sight of a radar that looks `look_deg` clockwise from its heading (90 = right-looking).
[[nodiscard]] LineOfSight LineOfSightOf(double heading_deg, double incidence_deg, double look_deg = 90.0);
/// A unit vector from a sum of vectors; none when the sum vanishes or points below the horizon.
[[nodiscard]] std::optional<LineOfSight> Normalised(const LineOfSight& sum);
/// Values on the sample lattice of a raster, NaN where missing or, with `zero_is_missing`, zero.
[[nodiscard]] StatusOr<std::vector<float>> SampleValues(const SourceRules& rules, const RasterSource& source,
                                                        bool zero_is_missing);

}  // namespace fringewatch::io
