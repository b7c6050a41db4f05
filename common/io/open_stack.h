/// Opens a stack of interferograms of any supported format. Metadata only; pixels are read by window later.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/stack/stack_reader.h"

namespace fringewatch::io {

/// What the operator said about a stack (the options of `fringewatch run` and `submit`).
struct StackSource {
  std::string path;               ///< frame folder, or one that holds it
  std::string format = "auto";    ///< auto, licsar, hyp3, isce2, gamma, geotiff
  std::string pattern;            ///< geotiff: file name with {date1} and {date2}
  std::string coherence_pattern;  ///< geotiff: the same for coherence; empty = estimate from the phase
  std::string height_path;        ///< --dem
  bool unwrapped = false;         ///< files hold unwrapped phase, rad: wrap it
  bool flip_sign = false;         ///< multiply the phase by -1
  std::optional<double> wavelength_m;
  std::optional<double> pixel_size_m;  ///< spacing of radar-geometry rasters, where metadata give none
  std::string track_name;              ///< empty = from the folder
};

/// Lists every file with its verdict (track().inputs), reconciles grids that differ by whole pixels, checks the
/// signs by closure. Problems that leave a usable stack are verdicts; the caller decides whether to go on.
/// \error kFormatUnknown, kStackEmpty, kWavelengthMissing, kNotReadable, kBadOption: all problems at once.
[[nodiscard]] StatusOr<std::unique_ptr<StackReader>> OpenStack(const StackSource& source);

}  // namespace fringewatch::io
