/// Compares a run folder with a truth folder.
///
/// Run: run.json (wavelength), sites.gpkg (layer `sites`), velocity.tif (mm/yr), sites/<site_id>.h5.
/// Truth, either the folder itself or its sub-folder `truth`: sites.gpkg (layer `truth`: site_id, kind, radius_m,
/// peak_rate_mm_yr, peak_phase_12_days_rad, row, col), velocity.tif (mm/yr line of sight),
/// displacement_<YYYYMMDD>.tif (mm since the first epoch). Both on the same grid.
#pragma once

#include <string>

#include "services/results/core/evaluation.h"

namespace fringewatch::results {

/// \error kNotReadable with the file that is missing or damaged; kGridMismatch when the two grids differ.
[[nodiscard]] StatusOr<Evaluation> EvaluateRun(const std::string& run_folder, const std::string& truth_folder);

}  // namespace fringewatch::results
