/// Samples made by background threads and handed out in order, so that training does not depend on their number.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "common/base/status.h"
#include "services/trainer/lesson.h"

namespace fringewatch::trainer {

/// Seed of the i-th sample that a network trains on, and of the i-th it is scored on: disjoint streams.
[[nodiscard]] constexpr uint64_t TrainingSeed(uint64_t seed, long i) { return HashKeys(seed, i); }
[[nodiscard]] constexpr uint64_t ValidationSeed(uint64_t seed, long i) {
  return HashKeys(seed, 0x76616c6964617465ULL, i);
}

class SampleStream {
 public:
  using DrawFunction = std::function<StatusOr<Sample>(long index)>;
  /// Starts `threads` producers at sample `first`; at most `capacity` samples wait.
  SampleStream(DrawFunction draw, long first, int threads, int capacity);
  ~SampleStream();
  SampleStream(const SampleStream&) = delete;
  SampleStream& operator=(const SampleStream&) = delete;
  /// The next sample in order; waits for it.
  [[nodiscard]] StatusOr<Sample> Next();
  /// Index of the sample that Next() returns next.
  [[nodiscard]] long next_index() const { return next_out_; }

 private:
  void Produce();

  DrawFunction draw_;
  int capacity_;
  long next_in_, next_out_;
  bool stop_ = false;
  std::map<long, StatusOr<Sample>> ready_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::thread> threads_;
};

}  // namespace fringewatch::trainer
