/// Stacks that others name: opened only below the folders that the operator of the services allows.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/io/source_rules.h"
#include "common/stack/stack_reader.h"
#include "common/stack/stack_source.h"

namespace fringewatch::io {

/// OpenStack behind `limits`. Before anything is opened: the folder, --dem, the patterns and every file that the
/// reader finds below the folder are checked, and all that is not allowed is reported at once. Files are checked again
/// whenever they are opened later. Rasters are GeoTIFF, netCDF classic or raw: other formats can name further files.
/// Not covered: a link that is swapped between the check and the opening that follows it at once.
/// \error kPathForbidden with the paths and the roots; those of OpenStack
[[nodiscard]] std::function<StatusOr<std::unique_ptr<StackReader>>(const StackSource&)> ConfinedOpener(
    SourceLimits limits);

/// ReopenStack behind `limits`: every file is checked when it is opened.
[[nodiscard]] std::function<StatusOr<std::unique_ptr<StackReader>>(const std::string& layout)> ConfinedReopener(
    SourceLimits limits);

/// What is wrong with the limits, one sentence each that begins with the name of the member; empty = nothing.
[[nodiscard]] std::vector<std::string> FaultsOf(const SourceLimits& limits);

}  // namespace fringewatch::io
