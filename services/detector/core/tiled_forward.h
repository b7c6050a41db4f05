/// One network over an input of any size: whole where it fits, else in overlapping tiles with the same answer.
#pragma once

#include "common/nn/blocks.h"
#include "common/nn/device.h"

namespace fringewatch::detector {

/// How far from a pixel of the input the answer at that pixel can depend on it: input pixels, to each side.
[[nodiscard]] int ReceptiveRadius_px(const nn::MultiScaleShape& shape);

/// Input pixels of a raster that one call of a network takes; larger rasters are cut. Not a setting: where a raster is
/// cut decides the last bits of the answer, and every worker must give the same.
inline constexpr int kCallPx = 4 << 20;

/// Logits of a network with one output channel, prepared for inference on `device`. `input`: (N, C, H, W) float32 on
/// the CPU, any H and W: beyond its lower and right edges the network sees zeros ("missing"). Returns float32 on the
/// CPU, (N, H, W) divided by OutputStride() and rounded up. A call of the network takes call_px input pixels of each
/// raster at most, but always enough to hold the receptive field on both sides of a core.
[[nodiscard]] torch::Tensor ForwardTiled(nn::MultiScaleNet& net, const torch::Tensor& input, const nn::Device& device,
                                         int call_px = kCallPx);

}  // namespace fringewatch::detector
