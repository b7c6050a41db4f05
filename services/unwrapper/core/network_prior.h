/// What PUNet makes of interferograms of any size, as priors for the flow.
#pragma once

#include <vector>

#include "common/nn/device.h"
#include "common/nn/network_call.h"
#include "common/stack/stack_reader.h"
#include "services/unwrapper/core/punet.h"

namespace fringewatch::unwrapper {

/// How PUNet may be called.
struct NetworkUse {
  int batch_px = 1 << 20;  ///< pixels x pairs in the network at once, at most
  int threads = 1;         ///< of a CPU
  nn::CallObserver on_call;
};

/// Predicted phases of a patch: (pair, row, col), rad, each with its own constant. `pairs` of one shape, coherence not
/// empty. A CPU looks at one pair per call, several at once, so that the answer depends neither on the threads nor on
/// the batch; a device at as many as fit. What libtorch throws comes through.
[[nodiscard]] Array3<float> PredictPatch(PuNet& net, const nn::Device& device, const std::vector<PairRaster>& pairs,
                                         const NetworkUse& use);

/// Predicted phase of one large interferogram, tile by tile; every tile is given the constant that brings it nearest
/// (median) to `unwrapped_rad`, the answer so far.
[[nodiscard]] Array2<float> PredictLarge(PuNet& net, const nn::Device& device, const PairRaster& pair,
                                         const Array2<float>& unwrapped_rad, const NetworkUse& use);

}  // namespace fringewatch::unwrapper
