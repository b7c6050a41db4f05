#include "common/nn/device.h"

#include <gtest/gtest.h>

#include "common/nn/compute_name.h"

namespace fringewatch::nn {
namespace {

TEST(ResolveDevice, TakesThePlainWords) {
  const StatusOr<Device> device = ResolveDevice("cpu", "fp32");
  ASSERT_TRUE(device.ok());
  EXPECT_EQ(device->ToString(), "cpu fp32");
  EXPECT_EQ(device->Kind(), "cpu fp32");
  EXPECT_EQ(ResolveDevice("cpu", "bf16")->precision, torch::kBFloat16);
  EXPECT_TRUE(ResolveDevice("auto", "auto").ok());
}

TEST(ResolveDevice, KindIsWhatTheSchedulerNamesAndHasNoIndex) {
  EXPECT_EQ(ResolveDevice("cpu", "auto")->Kind(), *ComputeName("cpu", "auto"));
  EXPECT_EQ((Device{torch::Device(torch::kCUDA, 1), torch::kBFloat16}).Kind(), "cuda bf16");
}

TEST(ResolveDevice, RefusesWhatIsNotKnown) {
  for (const char* word : {"gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", ""}) {
    const StatusOr<Device> device = ResolveDevice(word, "auto");
    ASSERT_FALSE(device.ok()) << word;
    EXPECT_NE(MessageOf(device.status()).find("FW-1010"), std::string::npos) << device.status();
  }
  EXPECT_FALSE(ResolveDevice("cpu", "fp16").ok());
}

TEST(ResolveDevice, SaysWhatIsThere) {
  const StatusOr<Device> device = ResolveDevice("cuda:63", "fp32");
  ASSERT_FALSE(device.ok());
  EXPECT_NE(MessageOf(device.status()).find("CUDA device(s)"), std::string::npos) << device.status();
}

}  // namespace
}  // namespace fringewatch::nn
