#include "common/service/worker_pool.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <random>
#include <thread>

#include "common/base/retry.h"
#include "common/queue/passing_queue.h"
#include "common/service/log.h"
#include "common/service/shutdown.h"

namespace fringewatch::service {
namespace {

using namespace std::chrono_literals;
using Milliseconds = std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr Milliseconds kClaimWait = 500ms;  // how late a waiting thread sees that the process drains
constexpr Milliseconds kFirstBackoff = 100ms;
constexpr Milliseconds kLongestBackoff = 10s;

/// A handler whose exceptions end here: one bad task must not end the process.
class GuardedHandler final : public TaskHandler {
 public:
  explicit GuardedHandler(TaskHandler& inner) : inner_(inner) {}
  std::string kind() const override { return inner_.kind(); }
  StatusOr<std::vector<Task>> Handle(const Task& task) override {
    try {
      return inner_.Handle(task);
    } catch (const std::bad_alloc&) {
      return Error(Fault::kOutOfMemory, "the worker has no memory left: give it more, or fewer tasks (worker.tasks)");
    } catch (const std::exception& error) {
      return Error(Fault::kInternal, "exception in the handler of '{}': {}", task.kind, error.what());
    } catch (...) {
      return Error(Fault::kInternal, "exception of an unknown kind in the handler of '{}'", task.kind);
    }
  }

 private:
  TaskHandler& inner_;
};

/// The queue as one thread sees it: remembers the lease at hand, so that it can be given back while the handler still
/// runs. Everything else passes through.
class LeaseWatch final : public PassingQueue {
 public:
  LeaseWatch(Queue& queue, Metrics& metrics) : PassingQueue(queue), metrics_(metrics) {}

  StatusOr<std::optional<Lease>> Claim(const std::vector<std::string>& kinds, const std::string& consumer,
                                       Milliseconds wait) override {
    StatusOr<std::optional<Lease>> lease = PassingQueue::Claim(kinds, consumer, wait);
    if (!lease.ok() || !*lease) return lease;
    metrics_.TaskStarted((*lease)->task.kind);
    const std::lock_guard lock(mutex_);
    held_ = **lease;
    claimed_ = **lease;
    claimed_at_ = std::chrono::steady_clock::now();
    return lease;
  }
  Status Commit(const Lease& lease, const std::vector<Task>& follow_ups) override {
    return End(PassingQueue::Commit(lease, follow_ups));
  }
  Status Fail(const Lease& lease, const Status& why) override { return End(PassingQueue::Fail(lease, why)); }

  /// The task that the last turn worked on; none when it claimed nothing. Forgets it.
  struct Work {
    Task task;
    double seconds = 0;
    Status ending;  ///< of Commit or Fail
  };
  std::optional<Work> TakeWork() {
    const std::lock_guard lock(mutex_);
    if (!claimed_) return std::nullopt;
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - claimed_at_;
    Work work{.task = claimed_->task, .seconds = time.count(), .ending = ending_};
    claimed_.reset();
    held_.reset();
    ending_ = Status();
    return work;
  }
  /// The lease at hand, by another thread.
  std::optional<Lease> held() const {
    const std::lock_guard lock(mutex_);
    return held_;
  }

  Status Return(const Lease& lease) override { return End(PassingQueue::Return(lease)); }

 private:
  /// The lease is held on to while the queue is away: the worker tries again.
  Status End(const Status& status) {
    const std::lock_guard lock(mutex_);
    ending_ = status;
    if (status.code() != CodeOf(Fault::kServiceAway)) held_.reset();
    return status;
  }

  Metrics& metrics_;
  mutable std::mutex mutex_;
  std::optional<Lease> held_, claimed_;
  SteadyTime claimed_at_;
  Status ending_;
};

LogFields FieldsOf(const Task& task, const std::string& consumer) {
  return {{"run_id", task.run_id},
          {"task_id", task.task_id},
          {"stage", task.kind},
          {"attempt", std::to_string(task.attempt)},
          {"worker", consumer}};
}

/// One thread of the pool.
class Worker {
 public:
  Worker(Queue& queue, std::vector<TaskHandler*> handlers, std::string consumer, Metrics& metrics)
      : watch_(queue, metrics), handlers_(std::move(handlers)), consumer_(std::move(consumer)), metrics_(metrics) {}

  void Work() {
    Milliseconds backoff = kFirstBackoff;
    while (!Draining()) {
      const StatusOr<Turn> turn = TryToWork();
      Report(turn);
      if (turn.ok() && !IsRetryable(turn->status)) {
        if (turn->worked) backoff = kFirstBackoff;
        continue;
      }
      // The queue, this worker or what it works with is not well: others shall have the tasks meanwhile.
      WaitForDrain(backoff);
      backoff = std::min(backoff * 2, kLongestBackoff);
    }
    if (const Status left = watch_.Leave(consumer_); !left.ok()) {
      Log(LogLevel::kWarning, "the queue did not hear that the worker leaves",
          {{"worker", consumer_}, {"error", MessageOf(left)}});
    }
  }

  /// Gives the lease back that is still held, if any.
  void GiveBack() {
    const std::optional<Lease> lease = watch_.held();
    if (!lease) return;
    const Status status = watch_.Return(*lease);
    LogFields fields = FieldsOf(lease->task, consumer_);
    fields.emplace_back("status", status.ok() ? "OK" : MessageOf(status));
    Log(LogLevel::kWarning, "not done within worker.grace_s: task given back", fields);
  }

 private:
  /// Handlers are guarded; what is thrown beside them must not end the process either: other threads are at work.
  StatusOr<Turn> TryToWork() {
    try {
      return WorkOnce(watch_, handlers_, consumer_, kClaimWait);
    } catch (const std::exception& error) {
      return Error(Fault::kInternal, "exception: {}", error.what());
    } catch (...) {
      return Error(Fault::kInternal, "exception of an unknown kind");
    }
  }

  void Report(const StatusOr<Turn>& turn) {
    const std::optional<LeaseWatch::Work> work = watch_.TakeWork();
    if (work) {
      Status status = work->ending;  // a good answer whose commit was refused is no success
      if (turn.ok() && !turn->status.ok()) status = turn->status;
      if (!turn.ok()) status = turn.status();
      metrics_.TaskEnded(work->task.kind, status, work->seconds);
      LogFields fields = FieldsOf(work->task, consumer_);
      fields.emplace_back("status", status.ok() ? "OK" : MessageOf(status));
      fields.emplace_back("seconds", fmt::format("{:.3f}", work->seconds));
      Log(status.ok() ? LogLevel::kInfo : LogLevel::kWarning, status.ok() ? "task done" : "task not done", fields);
    } else if (!turn.ok()) {
      Log(LogLevel::kError, "the queue does not answer: trying again",
          {{"worker", consumer_}, {"error", MessageOf(turn.status())}});
    }
  }

  LeaseWatch watch_;
  std::vector<TaskHandler*> handlers_;
  std::string consumer_;
  Metrics& metrics_;
};

/// Counts the threads that have ended.
class Leavers {
 public:
  void Add() {
    {
      const std::lock_guard lock(mutex_);
      ++left_;
    }
    changed_.notify_all();
  }
  /// True when `number` had left before `time` passed.
  bool WaitFor(size_t number, std::chrono::duration<double> time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [&] { return left_ == number; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t left_ = 0;
};

}  // namespace

void Declare(Settings& settings, WorkerOptions& worker) {
  settings.Add("worker.name", worker.name, "Unique among all processes; empty = made from host and process");
  settings.Add("worker.tasks", worker.threads, "Tasks at once");
  settings.Add("worker.grace_s", worker.drain_grace_s, "When asked to stop: seconds for the tasks at hand");
  settings.Check([&worker] {
    std::vector<std::string> wrong;
    if (worker.threads < 1 || worker.threads > 64) wrong.emplace_back("worker.tasks must be 1 to 64");
    if (!(worker.drain_grace_s >= 0)) wrong.emplace_back("worker.grace_s must be 0 or more");
    return wrong;
  });
}

void WorkUntilDrained(Queue& queue, const std::vector<TaskHandler*>& handlers, const WorkerOptions& options,
                      Metrics& metrics) {
  const std::string name = options.name.empty() ? DefaultWorkerName() : options.name;
  Log(LogLevel::kInfo, "takes tasks", {{"worker", name}, {"tasks", fmt::format("{}", options.threads)}});
  std::vector<std::unique_ptr<GuardedHandler>> guarded;
  std::vector<TaskHandler*> safe;
  for (TaskHandler* handler : handlers) {
    guarded.push_back(std::make_unique<GuardedHandler>(*handler));
    safe.push_back(guarded.back().get());
  }
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < options.threads; ++i) {
    workers.push_back(std::make_unique<Worker>(queue, safe, fmt::format("{}/{}", name, i), metrics));
  }
  Leavers leavers;
  std::vector<std::thread> threads;
  threads.reserve(workers.size());
  for (const auto& worker : workers) {
    threads.emplace_back([&worker, &leavers] {
      worker->Work();
      leavers.Add();
    });
  }
  WaitForDrain();
  if (!leavers.WaitFor(workers.size(), std::chrono::duration<double>(options.drain_grace_s))) {
    for (const auto& worker : workers) worker->GiveBack();
    Log(LogLevel::kWarning, "tasks were not done within worker.grace_s: the process ends without them");
    std::_Exit(0);  // as good an end as any
  }
  for (std::thread& thread : threads) thread.join();
}

std::string DefaultWorkerName() {
  std::array<char, 256> host = {};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  std::random_device random;
  return fmt::format("{}-{}-{:04}", host.data(), ::getpid(), random() % 10'000);
}

}  // namespace fringewatch::service
