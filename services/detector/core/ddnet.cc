#include "services/detector/core/ddnet.h"

namespace fringewatch::detector {

nn::MultiScaleShape DdNetShape() {
  return {.in_channels = 3, .out_channels = 1, .widths = {16, 32, 64, 96}, .stem_stride = 2, .dilations = {1, 2, 4}};
}

DdNet MakeDdNet() { return DdNet(DdNetShape()); }

}  // namespace fringewatch::detector
