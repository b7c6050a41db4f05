#include "common/nn/patches.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace fringewatch::nn {
namespace {

/// The same by libtorch: (B, H / size, W / size, size, size, C).
torch::Tensor Expected(const torch::Tensor& input, int size) {
  return input.view({input.size(0), input.size(1), input.size(2) / size, size, input.size(3) / size, size})
      .permute({0, 2, 4, 3, 5, 1})
      .contiguous();
}

TEST(Patches, BecomeChannelsInAnyLayoutAndPrecision) {
  torch::manual_seed(1);
  for (const int size : {1, 2, 4}) {
    const torch::Tensor whole = torch::randn({2, 3, 8, 24});
    const std::vector<torch::Tensor> layouts = {whole, whole.contiguous(torch::MemoryFormat::ChannelsLast),
                                                whole.slice(2, 4, 8).slice(3, 8, 20), whole.to(torch::kBFloat16)};
    for (const torch::Tensor& input : layouts) {
      for (const torch::Dtype precision : {torch::kFloat32, torch::kBFloat16}) {
        const torch::Tensor expected = Expected(input.to(torch::kFloat32).contiguous(), size).to(precision);
        torch::Tensor places = torch::empty_like(expected);
        PatchesToChannels(input, size, precision, places.data_ptr());
        EXPECT_TRUE(torch::equal(places, expected)) << input.sizes() << " in patches of " << size << " " << precision;
      }
    }
  }
}

TEST(Patches, NanStaysNanInBfloat16) {
  const torch::Tensor input = torch::full({1, 1, 1, 2}, std::nanf(""));
  torch::Tensor places = torch::zeros({2}, torch::kBFloat16);
  PatchesToChannels(input, 1, torch::kBFloat16, places.data_ptr());
  EXPECT_TRUE(places.to(torch::kFloat32).isnan().all().item<bool>());
}

TEST(Patches, ThatDoNotDivideTheRasterAreRefused) {
  std::vector<float> places(30);
  EXPECT_THROW(PatchesToChannels(torch::zeros({1, 1, 6, 5}), 2, torch::kFloat32, places.data()), c10::Error);
}

TEST(Patches, ComeBackAsPixelShuffleHasThem) {
  torch::manual_seed(2);
  for (const int size : {1, 2, 4}) {
    const torch::Tensor planes = torch::randn({2, 3L * size * size, 5, 7});
    const torch::Tensor places = planes.permute({0, 2, 3, 1}).contiguous();
    const torch::Tensor output = ChannelsToPatches(places.data_ptr<float>(), places.sizes(), size);
    EXPECT_TRUE(torch::equal(output, torch::pixel_shuffle(planes, size))) << size;
  }
}

}  // namespace
}  // namespace fringewatch::nn
