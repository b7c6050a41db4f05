/// What PUNet makes of interferograms of any size, as priors for the flow.
#pragma once

#include <vector>

#include "common/nn/device.h"
#include "common/stack/stack_reader.h"
#include "services/unwrapper/core/punet.h"

namespace fringewatch::unwrapper {

/// Predicted phases of a patch: (pair, row, col), rad, each with its own constant. `pairs` of one shape, coherence not
/// empty; at most `batch_px` pixels per call of the network. What libtorch throws comes through.
[[nodiscard]] Array3<float> PredictPatch(PuNet& net, const nn::Device& device, const std::vector<PairRaster>& pairs,
                                         int batch_px);

/// Predicted phase of one large interferogram, tile by tile; every tile is given the constant that brings it nearest
/// (median) to `unwrapped_rad`, the answer so far.
[[nodiscard]] Array2<float> PredictLarge(PuNet& net, const nn::Device& device, const PairRaster& pair,
                                         const Array2<float>& unwrapped_rad, int batch_px);

}  // namespace fringewatch::unwrapper
