#include "common/base/parallel.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace fringewatch {
namespace {

TEST(ParallelFor, CallsEveryItemOnce) {
  for (const int threads : {-1, 0, 1, 2, 7, 100}) {
    std::vector<std::atomic<int>> calls(53);
    ParallelFor(53, threads, [&](int i) { ++calls[static_cast<size_t>(i)]; });
    for (const auto& count : calls) EXPECT_EQ(count, 1) << threads << " threads";
  }
}

TEST(ParallelFor, NothingToDoCallsNothing) {
  ParallelFor(0, 4, [](int) { FAIL(); });
  ParallelFor(-3, 4, [](int) { FAIL(); });
}

TEST(ParallelFor, OneThreadWorksInOrderInTheCaller) {
  std::vector<int> seen;
  const auto caller = std::this_thread::get_id();
  ParallelFor(5, 1, [&](int i) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    seen.push_back(i);
  });
  EXPECT_EQ(seen, (std::vector{0, 1, 2, 3, 4}));
}

TEST(ParallelFor, AnExceptionReachesTheCallerAndStopsTheRest) {
  for (const int threads : {1, 4}) {
    std::atomic<int> calls{0};
    const auto run = [&] {
      ParallelFor(1'000'000, threads, [&](int i) {
        ++calls;
        if (i == 10) throw std::runtime_error("item 10");
      });
    };
    EXPECT_THROW(run(), std::runtime_error);
    EXPECT_LT(calls, 1'000'000) << threads << " threads";
  }
}

TEST(ParallelFor, WhenAllThrowOneIsRethrown) {
  EXPECT_THROW(ParallelFor(100, 4, [](int i) { throw std::runtime_error(std::to_string(i)); }), std::runtime_error);
}

TEST(HardwareThreads, IsAtLeastOne) { EXPECT_GE(HardwareThreads(), 1); }

}  // namespace
}  // namespace fringewatch
