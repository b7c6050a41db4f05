#include "common/nn/patches.h"

#include <algorithm>
#include <type_traits>
#include <vector>

namespace fringewatch::nn {
namespace {

template <typename Element>
Element Rounded(float value) {
  if constexpr (std::is_same_v<Element, float>) return value;
  return c10::detail::round_to_nearest_even(value);
}

/// `Element`: float, or the bits of a bfloat16.
template <typename Element>
void CopyPatches(const torch::Tensor& input, int size, Element* places) {
  const auto pixels = input.accessor<float, 4>();
  const int64_t channels = input.size(1), cols = input.size(3), patch = int64_t{size} * size * channels;
  std::vector<Element> rows(channels * cols);
  for (int64_t b = 0; b < input.size(0); ++b) {
    for (int64_t row = 0; row < input.size(2); ++row) {
      for (int64_t c = 0; c < channels; ++c) {
        const auto from = pixels[b][c][row];
        std::transform(from.data(), from.data() + cols, &rows[c * cols], Rounded<Element>);
      }
      Element* to = places + row % size * size * channels;
      for (int64_t col = 0; col < cols; col += size, to += patch) {
        Element* next = to;
        for (int64_t pixel = col; pixel < col + size; ++pixel) {
          for (int64_t c = 0; c < channels; ++c) *next++ = rows[c * cols + pixel];
        }
      }
      if (row % size == size - 1) places += cols / size * patch;
    }
  }
}

}  // namespace

void PatchesToChannels(const torch::Tensor& input, int size, torch::Dtype precision, void* places) {
  TORCH_CHECK(input.size(2) % size == 0 && input.size(3) % size == 0, input.sizes(), " in patches of ", size);
  const torch::Tensor pixels = input.to(torch::kFloat32);
  const torch::Tensor rows = pixels.stride(3) == 1 ? pixels : pixels.contiguous();
  if (precision == torch::kFloat32) {
    CopyPatches(rows, size, static_cast<float*>(places));
  } else {
    CopyPatches(rows, size, static_cast<uint16_t*>(places));
  }
}

torch::Tensor ChannelsToPatches(const float* places, torch::IntArrayRef sizes, int size) {
  const int64_t channels = sizes[3] / (int64_t{size} * size), cols = sizes[2] * size;
  torch::Tensor output = torch::empty({sizes[0], channels, sizes[1] * size, cols});
  auto pixels = output.accessor<float, 4>();
  for (int64_t b = 0; b < sizes[0]; ++b) {
    for (int64_t row = 0; row < sizes[1]; ++row, places += sizes[2] * sizes[3]) {
      for (int64_t plane = 0; plane < channels * size; ++plane) {  // a channel and a row of its patch
        float* to = pixels[b][plane / size][row * size + plane % size].data();
        const float* from = places + plane * size;
        for (int64_t col = 0; col < cols; col += size, from += sizes[3]) std::copy_n(from, size, to + col);
      }
    }
  }
  return output;
}

}  // namespace fringewatch::nn
