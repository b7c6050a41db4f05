#include "common/nn/failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <new>
#include <system_error>

#include "common/nn/thread_limit.h"
#include "tests/support/status_matchers.h"

namespace fringewatch::nn {
namespace {

TEST(StatusOfException, TellsLackOfMemoryFromBugs) {
  EXPECT_THAT(StatusOfException(std::bad_alloc(), "work", "wait"), IsFault(Fault::kOutOfMemory));
  const std::system_error no_thread(std::make_error_code(std::errc::resource_unavailable_try_again));
  EXPECT_THAT(StatusOfException(no_thread, "work", "wait"), IsFault(Fault::kOutOfMemory));
  const std::runtime_error cuda("CUDA out of memory. Tried to allocate 2.00 GiB");
  const Status status = StatusOfException(cuda, "detection", "use smaller tiles");
  EXPECT_THAT(status, IsFault(Fault::kOutOfMemory));
  EXPECT_THAT(MessageOf(status), testing::AllOf(testing::HasSubstr("detection"), testing::HasSubstr("2.00 GiB"),
                                                testing::HasSubstr("use smaller tiles")));
  // No memory lacks here: the device must not be tried again with less.
  const std::runtime_error illegal("CUDA error: an illegal memory access was encountered");
  EXPECT_THAT(StatusOfException(illegal, "work", "wait"), IsFault(Fault::kInternal));
}

TEST(StatusOfException, KnowsWhatLibtorchThrowsForHugeTensors) {
  try {
    const torch::Tensor huge = torch::empty({1L << 46});
    FAIL() << "256 TiB were allocated";
  } catch (const std::exception& failure) {
    EXPECT_TRUE(IsOutOfMemory(failure)) << failure.what();
  }
}

TEST(OneThreadPerCall, TheLastToEndRestoresTheSetting) {
  torch::set_num_threads(2);
  {
    const OneThreadPerCall outer;
    EXPECT_EQ(torch::get_num_threads(), 1);
    { const OneThreadPerCall inner; }
    EXPECT_EQ(torch::get_num_threads(), 1);
  }
  EXPECT_EQ(torch::get_num_threads(), 2);
}

}  // namespace
}  // namespace fringewatch::nn
