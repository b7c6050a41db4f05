/// Keeps a lease alive while its task is worked on.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "common/queue/queue.h"

namespace fringewatch {

/// Extends the lease three times per lease time, from its own thread, until it is destroyed or the lease is lost.
/// A beat that fails for another reason is tried again at the next one. Queue and lease must outlive it.
class Heartbeat {
 public:
  Heartbeat(Queue& queue, const Lease& lease);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace fringewatch
