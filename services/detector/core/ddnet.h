/// DDNet: finds deformation fringes in one wrapped interferogram. A multi-scale network of the kind that Wu et al.
/// (2021) introduced for this task, with its answer at half resolution.
#pragma once

#include "common/nn/blocks.h"
#include "common/nn/model_card.h"

namespace fringewatch::detector {

using DdNet = nn::MultiScaleNet;
inline constexpr const char* kDdNetName = nn::kDetectorNetworks[0];

/// (B, 3, H, W) as nn::PackPair makes it -> logits (B, 1, H / 2, W / 2) that the pixel belongs to a site whose
/// deformation shows in this pair. H and W multiples of DdNetShape().Multiple().
[[nodiscard]] nn::MultiScaleShape DdNetShape();
[[nodiscard]] DdNet MakeDdNet();

}  // namespace fringewatch::detector
