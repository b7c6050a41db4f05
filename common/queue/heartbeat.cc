#include "common/queue/heartbeat.h"

namespace fringewatch {

Heartbeat::Heartbeat(Queue& queue, const Lease& lease)
    : thread_([this, &queue, &lease] {
        std::unique_lock lock(mutex_);
        while (!stopped_.wait_for(lock, queue.lease_time() / 3, [this] { return stop_; })) {
          lock.unlock();
          const Status beat = queue.ExtendLease(lease);
          lock.lock();
          if (beat.code() == CodeOf(Fault::kLeaseLost)) return;
        }
      }) {}

Heartbeat::~Heartbeat() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
  thread_.join();
}

}  // namespace fringewatch
