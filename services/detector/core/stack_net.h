/// StackNet: fuses what all pairs of a stack say about a pixel into one answer.
#pragma once

#include "common/nn/blocks.h"
#include "common/nn/model_card.h"

namespace fringewatch::detector {

using StackNet = nn::MultiScaleNet;
inline constexpr const char* kStackNetName = nn::kDetectorNetworks[1];
inline constexpr int kStackFeatures = 8;  ///< planes of StackEvidence::Features

/// (B, kStackFeatures, h, w) at half resolution, as StackEvidence::Features gives it -> logits (B, 1, h, w) that the
/// pixel lies inside the outline of a moving site. h and w multiples of StackNetShape().Multiple().
[[nodiscard]] nn::MultiScaleShape StackNetShape();
[[nodiscard]] StackNet MakeStackNet();

}  // namespace fringewatch::detector
