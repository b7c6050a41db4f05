/// What the operator says about a stack of interferograms: where it lies and how to read it.
#pragma once

#include <optional>
#include <string>

namespace fringewatch {

/// The input options of `fringewatch run` and `fringewatch submit`.
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

}  // namespace fringewatch
