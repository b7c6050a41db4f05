/// DDNet: finds deformation fringes in one wrapped interferogram. A multi-scale network of the kind that Wu et al.
/// (2021) introduced for this task. It computes on patches of 4 x 4 pixels with as many more channels, which a
/// processor's convolutions like better than thin layers at full resolution, and answers for every pixel.
#pragma once

#include "common/nn/blocks.h"
#include "common/nn/model_card.h"

namespace fringewatch::detector {

using DdNet = nn::MultiScaleNet;
inline constexpr const char* kDdNetName = nn::kDetectorNetworks[0];

/// (B, 3, H, W) as nn::PackPair makes it -> logits (B, 1, H, W) that the pixel belongs to a site whose
/// deformation shows in this pair. H and W multiples of DdNetShape().Multiple().
[[nodiscard]] nn::MultiScaleShape DdNetShape();
[[nodiscard]] DdNet MakeDdNet();

}  // namespace fringewatch::detector
