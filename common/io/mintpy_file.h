/// The time series of one site as a MintPy-style HDF5 file: product and artifact at once.
///
/// Datasets, chunked and deflated: `timeseries` and `timeseriesStd` (date, row, col; m), `date` (8-character strings),
/// `bperp` (m per date, NaN = unknown), `velocity`, `velocityStd` (m/yr), `acceleration`, `accelerationStd` (m/yr^2),
/// `temporalCoherence`, `avgSpatialCoh` (0 to 1), `flags` (uint8, PixelFlag bits). Root attributes are strings, as
/// MintPy reads them: FILE_TYPE, LENGTH, WIDTH, X_FIRST, Y_FIRST (outer corner), X_STEP, Y_STEP, WAVELENGTH,
/// REF_DATE, SUBSET_XMIN ... (the window inside the frame), NOTE_1, ...
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/raster/grid.h"
#include "common/stack/site.h"
#include "common/stack/track.h"

namespace fringewatch::io {

/// The file as bytes. `track` gives the frame's grid, wavelength, orbit and baselines; `attributes` are added to the
/// root (FRINGEWATCH_VERSION, MODEL_SHA256, ...) and win over the standard ones. Same input, same bytes.
/// Empty arrays of `series` are left out. \error kInternal when HDF5 fails.
[[nodiscard]] StatusOr<std::string> EncodeSiteFile(const SiteSeries& series, const Track& track,
                                                   const std::map<std::string, std::string>& attributes = {});

/// Everything that EncodeSiteFile stored of the series. \error kNotReadable when the bytes are not such a file.
[[nodiscard]] StatusOr<SiteSeries> DecodeSiteFile(const std::string& bytes);

/// EncodeSiteFile to a file, written beside and renamed. \error kNotWritable
[[nodiscard]] Status WriteSiteFile(const std::string& path, const SiteSeries& series, const Track& track,
                                   const std::map<std::string, std::string>& attributes = {});

/// \error kNotReadable with the file.
[[nodiscard]] StatusOr<SiteSeries> ReadSiteFile(const std::string& path);

/// Perpendicular baseline of each date relative to the first, m, summed along the pairs that join them; NaN where
/// no chain of pairs with known baselines does.
[[nodiscard]] std::vector<double> DateBaselines_m(const std::vector<Pair>& pairs, const std::vector<Date>& dates);

}  // namespace fringewatch::io
