/// What the networks were taught: outside of it an answer is a guess, and the operator is told so.
#pragma once

#include <string>
#include <vector>

#include "common/stack/track.h"

namespace fringewatch {

/// What matters of an acquisition, or of a whole stack of them. 0 = unknown: is not judged.
struct Acquisition {
  double spacing_m = 0.0;
  double wavelength_m = 0.0;
  int shortest_span_days = 0;
};

/// One sentence, beginning with "Unsure:", for each way in which an acquisition lies outside of what the networks were
/// taught (RandomTrainingScene); empty inside.
[[nodiscard]] std::vector<std::string> OutsideEnvelope(const Acquisition& acquisition);

/// The same for a stack: its coarser spacing and its shortest pair; and how few pairs it has.
[[nodiscard]] std::vector<std::string> OutsideEnvelope(const Track& track);

}  // namespace fringewatch
