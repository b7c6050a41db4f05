#include "common/nn/packing.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fringewatch::nn {
namespace {

PairRaster MakePair(int rows, int cols) {
  PairRaster pair{Array2<float>(rows, cols), Array2<float>(rows, cols)};
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < cols; ++c) {
      pair.phase_rad(r, c) = std::remainder(0.3f * static_cast<float>(r + 2 * c), static_cast<float>(kTwoPi));
      pair.coherence(r, c) = 0.01f * static_cast<float>(r + c);
    }
  }
  return pair;
}

TEST(PackPair, HoldsCosineSineCoherenceAndPads) {
  const torch::Tensor batch = PackPair(MakePair(5, 19), 16);
  ASSERT_EQ(batch.sizes(), (std::vector<int64_t>{1, 3, 16, 32}));
  EXPECT_NEAR(batch[0][0][3][7].item<float>(), std::cos(0.3 * 17), 1e-5);
  EXPECT_NEAR(batch[0][1][3][7].item<float>(), std::sin(0.3 * 17), 1e-5);
  EXPECT_NEAR(batch[0][2][3][7].item<float>(), 0.10, 1e-6);
  EXPECT_EQ(batch.slice(2, 5).abs().sum().item<float>(), 0.0f);
  EXPECT_EQ(batch.slice(3, 19).abs().sum().item<float>(), 0.0f);
}

TEST(PackPair, MissingPixelsAreZeroInAllChannels) {
  PairRaster pair = MakePair(16, 16);
  pair.phase_rad(2, 3) = kMissing;
  pair.coherence(4, 5) = kMissing;
  const torch::Tensor batch = PackPair(pair);
  for (int channel = 0; channel < 3; ++channel) {
    EXPECT_EQ(batch[0][channel][2][3].item<float>(), 0.0f);
    EXPECT_EQ(batch[0][channel][4][5].item<float>(), 0.0f);
  }
}

TEST(ToArray, InvertsToTensorAndCutsThePadding) {
  const Array2<float> phase = MakePair(6, 9).phase_rad;
  const torch::Tensor padded = torch::constant_pad_nd(ToTensor(phase), {0, 7, 0, 10}, -1.0);
  EXPECT_EQ(ToArray(padded, 6, 9).values, phase.values);
}

}  // namespace
}  // namespace fringewatch::nn
