/// What makes a track the same track, wherever its files lie.
#pragma once

#include <string>

#include "common/stack/track.h"

namespace fringewatch {

/// Canonical JSON (sorted keys, shortest exact numbers) of what makes a track: name, format, grid, wavelength, line
/// of sight, pairs and accepted files (name and role; not the folder they lie in).
[[nodiscard]] std::string TrackIdentity(const Track& track);

}  // namespace fringewatch
