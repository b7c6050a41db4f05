#include "services/trainer/sample_stream.h"

#include <algorithm>
#include <utility>

namespace fringewatch::trainer {

SampleStream::SampleStream(DrawFunction draw, long first, int threads, int capacity)
    : draw_(std::move(draw)), capacity_(std::max(1, capacity)), next_in_(first), next_out_(first) {
  for (int t = 0; t < std::max(1, threads); ++t) threads_.emplace_back([this] { Produce(); });
}

SampleStream::~SampleStream() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void SampleStream::Produce() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stop_ || next_in_ < next_out_ + capacity_; });
    if (stop_) return;
    const long index = next_in_++;
    lock.unlock();
    StatusOr<Sample> sample = draw_(index);
    lock.lock();
    ready_.emplace(index, std::move(sample));
    changed_.notify_all();
  }
}

StatusOr<Sample> SampleStream::Next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ready_.contains(next_out_); });
  StatusOr<Sample> sample = std::move(ready_.extract(next_out_).mapped());
  ++next_out_;
  changed_.notify_all();
  return sample;
}

}  // namespace fringewatch::trainer
