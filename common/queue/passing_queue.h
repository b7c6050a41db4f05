/// A queue that passes everything on to another: the base of those that change a call or two.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "common/queue/queue.h"

namespace fringewatch {

class PassingQueue : public Queue {
 public:
  /// `queue` must outlive it.
  explicit PassingQueue(Queue& queue) : queue_(queue) {}
  std::chrono::milliseconds lease_time() const override { return queue_.lease_time(); }
  Status ExtendLease(const Lease& lease) override { return queue_.ExtendLease(lease); }
  Status Push(const std::vector<Task>& tasks) override { return queue_.Push(tasks); }
  StatusOr<std::optional<Lease>> Claim(const std::vector<std::string>& kinds, const std::string& consumer,
                                       std::chrono::milliseconds wait) override {
    return queue_.Claim(kinds, consumer, wait);
  }
  Status Commit(const Lease& lease, const std::vector<Task>& tasks) override { return queue_.Commit(lease, tasks); }
  Status Fail(const Lease& lease, const Status& why) override { return queue_.Fail(lease, why); }
  Status Return(const Lease& lease) override { return queue_.Return(lease); }
  Status Retry(const std::string& run, const std::string& id) override { return queue_.Retry(run, id); }
  Status Forget(const std::string& run) override { return queue_.Forget(run); }
  StatusOr<std::vector<std::string>> Runs() const override { return queue_.Runs(); }
  StatusOr<std::set<std::string>> KnownSet(const std::string& run) const override { return queue_.KnownSet(run); }
  StatusOr<std::set<std::string>> DoneSet(const std::string& run) const override { return queue_.DoneSet(run); }
  StatusOr<std::vector<DeadTask>> DeadTasks(const std::string& run) const override { return queue_.DeadTasks(run); }
  StatusOr<CountsByKind> Counts(const std::string& run) const override { return queue_.Counts(run); }
  StatusOr<std::vector<LineState>> Lines() const override { return queue_.Lines(); }
  Status Leave(const std::string& consumer) override { return queue_.Leave(consumer); }

 private:
  Queue& queue_;
};

}  // namespace fringewatch
