/// Rasters to tensors and back: what a network sees of an interferogram.
#pragma once

#include <torch/torch.h>

#include "common/nn/device.h"
#include "common/raster/array.h"
#include "common/stack/stack_reader.h"

namespace fringewatch::nn {

inline constexpr int kPairChannels = 3;  ///< cos(phase), sin(phase), coherence; missing pixels are 0, 0, 0

/// `size` rounded up to a multiple of `multiple`.
[[nodiscard]] constexpr int RoundUp(int size, int multiple) { return (size + multiple - 1) / multiple * multiple; }

/// Writes one pair into `slot` (3, H, W), a contiguous float32 CPU tensor at least as large as the pair; the pixels
/// beyond the pair count as missing. `pair.coherence` must not be empty (ReadPairWithCoherence).
void PackPairInto(const PairRaster& pair, torch::Tensor slot);

/// One pair as (1, 3, H, W) float32, H and W rounded up to a multiple of `multiple`.
[[nodiscard]] torch::Tensor PackPair(const PairRaster& pair, int multiple = 16);

/// A batch ready for a network: on the device, in its precision.
[[nodiscard]] torch::Tensor ToDevice(const torch::Tensor& batch, const Device& device);

/// The upper-left rows x cols of a (H, W) tensor of any device and type.
[[nodiscard]] Array2<float> ToArray(const torch::Tensor& plane, int rows, int cols);

/// (rows, cols) float32 copy of a raster.
[[nodiscard]] torch::Tensor ToTensor(const Array2<float>& raster);

}  // namespace fringewatch::nn
