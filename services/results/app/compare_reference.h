/// Compares the velocities of a run folder with a velocity map made by another program.
#pragma once

#include <string>
#include <vector>

#include "common/base/status.h"
#include "services/results/core/velocity_comparison.h"

namespace fringewatch::results {

/// `reference_path`: a raster on the run's grid, mm/yr line of sight, positive towards the satellite. Over all pixels
/// of the run's sites first, then per site. \error kNotReadable; kGridMismatch when the sizes differ.
[[nodiscard]] StatusOr<std::vector<VelocityComparison>> CompareWithReference(const std::string& run_folder,
                                                                             const std::string& reference_path);

}  // namespace fringewatch::results
