/// One network over an input of any size: whole where it fits, else in overlapping tiles with the same answer.
#pragma once

#include "common/nn/blocks.h"
#include "common/nn/device.h"

namespace fringewatch::detector {

/// How far from a pixel of the input the answer at that pixel can depend on it: input pixels, to each side.
[[nodiscard]] int ReceptiveRadius_px(const nn::MultiScaleShape& shape);

/// Logits of a network with one output channel, prepared for inference on `device`. `input`: (C, H, W) float32 on the
/// CPU, any H and W: beyond its lower and right edges the network sees zeros ("missing"). Returns float32 on the CPU,
/// (H, W) / stem_stride rounded up. A call of the network takes batch_px input pixels at most, but always enough to
/// hold the receptive field on both sides of a core.
[[nodiscard]] torch::Tensor ForwardTiled(nn::MultiScaleNet& net, const torch::Tensor& input, const nn::Device& device,
                                         int batch_px);

}  // namespace fringewatch::detector
