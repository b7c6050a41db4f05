/// Squares of pixels as the channels of one place, and back (Shi et al. 2016), between rasters and the channels-last
/// memory that a ConvPlan works on.
#pragma once

#include <torch/torch.h>

namespace fringewatch::nn {

/// `input` (B, C, H, W) to `places` (B, H / size, W / size, size * size * C) of type `precision` (kFloat32 or
/// kBFloat16, rounded to nearest even): of each place the pixels row by row, each with its C channels. `size` divides
/// H and W.
void PatchesToChannels(const torch::Tensor& input, int size, torch::Dtype precision, void* places);

/// `places` (B, H, W, C * size * size) float32 to (B, C, H * size, W * size): of each place first the pixels of one
/// channel, row by row, as torch::pixel_shuffle has them.
[[nodiscard]] torch::Tensor ChannelsToPatches(const float* places, torch::IntArrayRef sizes, int size);

}  // namespace fringewatch::nn
