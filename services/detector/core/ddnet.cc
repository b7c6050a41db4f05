#include "services/detector/core/ddnet.h"

namespace fringewatch::detector {

nn::MultiScaleShape DdNetShape() {
  return {.in_channels = 3,
          .out_channels = 1,
          .widths = {64, 96, 128},
          .patch_px = 4,
          .stem_stride = 1,
          .dilations = {1, 2, 4},
          .full_resolution = true};
}

DdNet MakeDdNet() { return DdNet(DdNetShape()); }

}  // namespace fringewatch::detector
