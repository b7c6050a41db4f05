#include "services/detector/core/pair_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <new>
#include <vector>

#include "tests/support/status_matchers.h"

namespace fringewatch::detector {
namespace {

constexpr int kPairs = 11;
constexpr int kEmptyPair = 4;  ///< has no usable pixel

/// A pair whose pixels are its number.
StatusOr<UsablePair> Numbered(int pair) {
  UsablePair usable;
  usable.raster.phase_rad = Array2<float>(2, 2, static_cast<float>(pair));
  if (pair != kEmptyPair) usable.packed = torch::full({3, 2, 2}, static_cast<double>(pair));
  return usable;
}

/// Answers each pair with its number, and remembers how it was asked.
struct NumberNet {
  std::mutex mutex;
  std::vector<int64_t> batches;
  std::atomic<int> calls{0}, most_at_once{0};

  torch::Tensor operator()(const torch::Tensor& batch) {
    const int now = ++calls;
    most_at_once = std::max(most_at_once.load(), now);
    {
      const std::lock_guard lock(mutex);
      batches.push_back(batch.size(0));
    }
    const torch::Tensor answer = batch.select(1, 0).clone();
    --calls;
    return answer;
  }
};

void ExpectAllInOrder(PairStream& stream) {
  for (int pair = 0; pair < kPairs; ++pair) {
    const StatusOr<SeenPair> seen = stream.Next();
    ASSERT_THAT(seen, IsOk());
    EXPECT_EQ(seen->raster.phase_rad.values[0], static_cast<float>(pair));
    ASSERT_EQ(seen->logits.defined(), pair != kEmptyPair);
    if (pair == kEmptyPair) continue;
    EXPECT_EQ(seen->logits.sizes(), (std::vector<int64_t>{2, 2}));
    EXPECT_EQ(seen->logits[1][1].item<float>(), static_cast<float>(pair));
  }
}

TEST(PairStream, OnThreadsEachPairIsSeenAloneAndInOrder) {
  for (const int at_once : {1, 3, 20}) {
    NumberNet net;
    const auto stream = LookOnThreads(kPairs, at_once, Numbered, std::ref(net));
    ExpectAllInOrder(*stream);
    EXPECT_THAT(net.batches, testing::SizeIs(kPairs - 1));
    EXPECT_THAT(net.batches, testing::Each(1));
  }
}

TEST(PairStream, InBatchesTheDeviceIsAskedOnceAtATime) {
  for (const int reads_ahead : {1, 4, 20}) {
    NumberNet net;
    const auto stream = LookInBatches(kPairs, 4, reads_ahead, Numbered, std::ref(net));
    ExpectAllInOrder(*stream);
    EXPECT_THAT(net.batches, testing::ElementsAre(4, 3, 3));  // one of the second four has nothing to show
    EXPECT_EQ(net.most_at_once, 1);
  }
}

TEST(PairStream, ABatchWithoutDataIsNotShown) {
  NumberNet net;
  const auto none = [](int) { return StatusOr<UsablePair>(UsablePair()); };
  const auto stream = LookInBatches(3, 2, 2, none, std::ref(net));
  for (int pair = 0; pair < 3; ++pair) {
    const StatusOr<SeenPair> seen = stream->Next();
    ASSERT_THAT(seen, IsOk());
    EXPECT_FALSE(seen->logits.defined());
  }
  EXPECT_THAT(net.batches, testing::IsEmpty());
}

TEST(PairStream, PairsAreReadWhileTheDeviceComputes) {
  // The first call of the network ends only when pairs beyond its batch were read: without reading ahead it never does.
  std::mutex mutex;
  std::condition_variable changed;
  int furthest = -1;
  bool timed_out = false;
  const auto read = [&](int pair) {
    const std::lock_guard lock(mutex);
    furthest = std::max(furthest, pair);
    changed.notify_all();
    return Numbered(pair);
  };
  const auto look = [&](const torch::Tensor& batch) {
    std::unique_lock lock(mutex);
    if (!changed.wait_for(lock, std::chrono::seconds(20), [&] { return furthest >= 3; })) timed_out = true;
    return batch.select(1, 0).clone();
  };
  const auto stream = LookInBatches(kPairs, 2, 2, read, look);
  ExpectAllInOrder(*stream);
  EXPECT_FALSE(timed_out);
}

TEST(PairStream, FailuresReachTheCaller) {
  const auto truncated = [](int pair) {
    return pair == 2 ? StatusOr<UsablePair>(Error(Fault::kRasterTruncated, "pair 2")) : Numbered(pair);
  };
  const auto full = [](const torch::Tensor&) -> torch::Tensor { throw std::bad_alloc(); };
  const auto drain = [](PairStream& stream) {
    Status status;
    for (int pair = 0; pair < kPairs && status.ok(); ++pair) status = stream.Next().status();
    return status;
  };
  NumberNet net;
  EXPECT_THAT(drain(*LookOnThreads(kPairs, 3, truncated, std::ref(net))), IsFault(Fault::kRasterTruncated));
  EXPECT_THAT(drain(*LookInBatches(kPairs, 3, 3, truncated, std::ref(net))), IsFault(Fault::kRasterTruncated));
  EXPECT_THROW((void)drain(*LookOnThreads(kPairs, 3, Numbered, full)), std::bad_alloc);
  EXPECT_THROW((void)drain(*LookInBatches(kPairs, 3, 3, Numbered, full)), std::bad_alloc);
}

}  // namespace
}  // namespace fringewatch::detector
