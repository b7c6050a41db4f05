/// The leased task queue: what the scheduler pushes and the workers claim.
///
/// Delivery is at least once and commits are once: a claimed task belongs to its consumer until the lease ends;
/// then anybody may claim it again, and the first owner's commit is refused. A task that keeps failing, or fails
/// for good, becomes a dead letter with its history. Two priorities; within one, the runs take turns.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"

namespace fringewatch {

enum class Priority { kRoutine, kEmergency };
/// As the queue, the store and the metrics write it.
[[nodiscard]] constexpr const char* NameOf(Priority priority) {
  return priority == Priority::kEmergency ? "emergency" : "routine";
}

/// A unit of work. `task_id` is a hash of the task's inputs: two tasks of one id are the same task.
struct Task {
  std::string task_id;
  std::string run_id;
  std::string kind;  ///< of task_id.h: who can work on it
  int attempt = 0;   ///< 1 at the first claim; set by the queue
  Priority priority = Priority::kRoutine;
  std::string payload;  ///< under 1 KiB: rasters and sites travel by store key
};

/// A claimed task: the right to commit it, until the lease ends or another consumer takes over.
struct Lease {
  Task task;
  std::string consumer;
  std::string receipt;  ///< names this delivery; for the queue only
};

/// A task that will not be tried again.
struct DeadTask {
  Task task;
  Status status;                     ///< of the last attempt
  std::vector<std::string> history;  ///< one line per attempt: number, consumer, status
};

struct TaskCounts {
  long queued = 0;  ///< waiting to be claimed
  long leased = 0;  ///< claimed, neither committed nor failed
  long done = 0;
  long dead = 0;
};

/// Of one run, by kind of task.
using CountsByKind = std::map<std::string, TaskCounts>;
[[nodiscard]] inline TaskCounts Total(const CountsByKind& counts) {
  TaskCounts total;
  for (const auto& [kind, count] : counts) {
    total.queued += count.queued;
    total.leased += count.leased;
    total.done += count.done;
    total.dead += count.dead;
  }
  return total;
}

/// One line of waiting tasks, over all runs: what an operator watches.
struct LineState {
  std::string kind;
  Priority priority = Priority::kRoutine;
  long queued = 0;
  long leased = 0;
  double oldest_age_s = 0;  ///< of the longest waiting task since it was queued (again); 0 when none waits
};

struct QueueOptions {
  std::chrono::milliseconds lease{60'000};  ///< a claimed task returns after this, unless the lease is extended
  int max_attempts = 3;                     ///< then it is dead
};

/// Thread-safe; consumers of one queue may be threads or processes.
class Queue {
 public:
  virtual ~Queue() = default;

  /// Adds tasks; one whose id its run already knows, in whatever state, is left as it is.
  /// \error kBadOption when a payload reaches 1 KiB, an id, run or kind is empty, or a kind holds a colon; then
  /// nothing is added.
  [[nodiscard]] virtual Status Push(const std::vector<Task>& tasks) = 0;

  /// The next task of one of `kinds`: emergency before routine, then the kinds in the order given, then the runs in
  /// turn, then the oldest. Waits up to `wait` for one; none (and OK) when nothing came.
  [[nodiscard]] virtual StatusOr<std::optional<Lease>> Claim(const std::vector<std::string>& kinds,
                                                             const std::string& consumer,
                                                             std::chrono::milliseconds wait) = 0;

  /// How long a lease runs without a heartbeat.
  [[nodiscard]] virtual std::chrono::milliseconds lease_time() const = 0;

  /// Heartbeat: the lease runs its full length from now. \error kLeaseLost when the task is no longer this lease's.
  [[nodiscard]] virtual Status ExtendLease(const Lease& lease) = 0;

  /// One step: records the task in its run's done-set, pushes the follow-ups, gives the lease back.
  /// \error kLeaseLost when the task is no longer this lease's; errors of Push. Then nothing has changed.
  [[nodiscard]] virtual Status Commit(const Lease& lease, const std::vector<Task>& follow_ups) = 0;

  /// Gives the task back as failed: it is queued again when `why` is retryable (IsRetryable) and attempts are left,
  /// else it is dead. \error kLeaseLost
  [[nodiscard]] virtual Status Fail(const Lease& lease, const Status& why) = 0;

  /// Gives the task back unworked (the worker is leaving): it is next in its run's turn, and this attempt does not
  /// count. \error kLeaseLost
  [[nodiscard]] virtual Status Return(const Lease& lease) = 0;

  /// Queues a dead task again with fresh attempts; its history stays. \error kUnknownName when it is not dead.
  [[nodiscard]] virtual Status Retry(const std::string& run_id, const std::string& task_id) = 0;

  /// Drops everything the queue knows of a run, whatever its state; who holds a lease of it is refused from now on
  /// (kLeaseLost). The same tasks can be pushed again.
  [[nodiscard]] virtual Status Forget(const std::string& run_id) = 0;

  /// Runs that the queue knows tasks of, sorted.
  [[nodiscard]] virtual StatusOr<std::vector<std::string>> Runs() const = 0;
  /// Ids of all the run's tasks, whatever their state; empty for an unknown run.
  [[nodiscard]] virtual StatusOr<std::set<std::string>> KnownSet(const std::string& run_id) const = 0;
  /// Ids of the run's committed tasks; empty for an unknown run.
  [[nodiscard]] virtual StatusOr<std::set<std::string>> DoneSet(const std::string& run_id) const = 0;
  /// The run's dead letters, in the order in which they died.
  [[nodiscard]] virtual StatusOr<std::vector<DeadTask>> DeadTasks(const std::string& run_id) const = 0;
  [[nodiscard]] virtual StatusOr<CountsByKind> Counts(const std::string& run_id) const = 0;
  /// Every line that ever held a task, by kind, then emergency first.
  [[nodiscard]] virtual StatusOr<std::vector<LineState>> Lines() const = 0;
  /// The consumer will not come back: it is struck off, unless it still holds a lease.
  [[nodiscard]] virtual Status Leave(const std::string& consumer) = 0;
};

/// A queue inside this process. `clock` must outlive it.
[[nodiscard]] std::unique_ptr<Queue> OpenMemoryQueue(const QueueOptions& options, Clock& clock);

struct RedisOptions {
  std::string address = "127.0.0.1:6379";  ///< host:port
  std::string user, password;              ///< ACL user; both empty = none
  std::string prefix = "fringewatch:";     ///< of every key
  int ready_window = 64;  ///< tasks of a line that lie ready in its stream; the others wait behind their run
  std::chrono::milliseconds timeout{5000};  ///< of one command, and of connecting
};

/// A queue on Redis Streams, shared by processes. Connects when first used; a lost connection is tried again with
/// backoff for `timeout`, then the call gives kServiceAway and the next call tries anew. A call whose answer was lost
/// with its connection is sent again and finds what it did. Concurrent calls have connections of their own.
/// Other errors of every call: kNoToken (wrong user or password), kForbidden (ACL), kOutOfMemory (maxmemory).
/// Ignores SIGPIPE for the process unless it has a handler. \error kBadOption
[[nodiscard]] StatusOr<std::unique_ptr<Queue>> OpenRedisQueue(const QueueOptions& options, const RedisOptions& redis);

}  // namespace fringewatch
