/// Expected phase steps beyond pi per pixel: the mean step, a smooth raster known modulo 2 pi, is unwrapped itself.
#pragma once

#include "services/unwrapper/core/residue.h"

namespace fringewatch::unwrapper {

/// Adds whole cycles to the mean steps so that they change smoothly from pixel to pixel; most steps keep none, because
/// most ground moves little. A steep area whose rim is too noisy to show that it is one keeps the wrapped steps.
[[nodiscard]] StepField ContinueBeyondPi(const LocalSteps& local);

}  // namespace fringewatch::unwrapper
