#include "services/detector/core/stack_net.h"

namespace fringewatch::detector {

nn::MultiScaleShape StackNetShape() {
  return {.in_channels = kStackFeatures,
          .out_channels = 1,
          .widths = {16, 32, 48},
          .stem_stride = 1,
          .dilations = {1, 2, 4}};
}

StackNet MakeStackNet() { return StackNet(StackNetShape()); }

}  // namespace fringewatch::detector
