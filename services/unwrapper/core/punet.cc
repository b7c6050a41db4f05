#include "services/unwrapper/core/punet.h"

namespace fringewatch::unwrapper {

nn::MultiScaleShape PuNetShape() {
  return {.in_channels = 3,
          .out_channels = 2,
          .widths = {32, 48, 64, 96},
          .stem_stride = 2,
          .dilations = {1, 2, 4},
          .full_resolution = true};
}

PuNet MakePuNet() { return PuNet(PuNetShape()); }

}  // namespace fringewatch::unwrapper
