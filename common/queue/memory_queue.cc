/// The leased queue in the memory of one process: the transport of `fringewatch run`, and of tests on a fake clock.
#include <algorithm>
#include <deque>
#include <map>
#include <tuple>
#include <unordered_map>

#include "common/base/retry.h"
#include "common/queue/queue.h"
#include "common/queue/task_rules.h"

namespace fringewatch {
namespace {

/// Where a task stands and what has happened to it.
struct Entry {
  enum class State { kQueued, kLeased, kDone, kDead };
  Task task;
  State state = State::kQueued;
  Clock::TimePoint queued;  ///< when it began to wait
  std::string consumer, receipt;
  Clock::TimePoint lease_end;
  Status last_failure;
  std::vector<std::string> history;
};

/// Waiting tasks of one kind and priority: first in, first out within a run; runs take turns.
class Line {
 public:
  enum class End { kFront, kBack };
  void Add(Entry* entry, End end) {
    std::deque<Entry*>& run = runs_[entry->task.run_id];
    if (run.empty()) turns_.push_back(entry->task.run_id);
    run.insert(end == End::kFront ? run.begin() : run.end(), entry);
  }
  /// Null when nothing waits.
  Entry* Take() {
    if (turns_.empty()) return nullptr;
    const std::string run_id = std::move(turns_.front());
    turns_.pop_front();
    const auto run = runs_.find(run_id);
    Entry* entry = run->second.front();
    run->second.pop_front();
    if (run->second.empty()) {
      runs_.erase(run);
    } else {
      turns_.push_back(run_id);
    }
    return entry;
  }
  void Drop(const std::string& run_id) {
    runs_.erase(run_id);
    std::erase(turns_, run_id);
  }
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (const auto& [run_id, entries] : runs_) {
      for (const Entry* entry : entries) visit(*entry);
    }
  }

 private:
  std::map<std::string, std::deque<Entry*>> runs_;
  std::deque<std::string> turns_;  ///< runs with waiting tasks, the next one first
};

class MemoryQueue final : public Queue {
 public:
  MemoryQueue(const QueueOptions& options, Clock& clock) : options_(options), clock_(clock) {}

  Status Push(const std::vector<Task>& tasks) override {
    FW_RETURN_IF_ERROR(CheckTasks(tasks));
    const std::lock_guard lock(mutex_);
    PushLocked(tasks);
    return {};
  }

  StatusOr<std::optional<Lease>> Claim(const std::vector<std::string>& kinds, const std::string& consumer,
                                       std::chrono::milliseconds wait) override {
    std::unique_lock lock(mutex_);
    const Clock::TimePoint give_up = clock_.Now() + wait;
    while (true) {
      TakeBackExpired();
      if (Entry* entry = TakeNext(kinds)) return LeaseOut(*entry, consumer);
      if (clock_.Now() >= give_up) return std::nullopt;
      // A lease that ends while we wait may be ours to take over.
      clock_.Wait(changed_, lock, leases_.empty() ? give_up : std::min(give_up, leases_.begin()->first));
    }
  }

  std::chrono::milliseconds lease_time() const override { return options_.lease; }

  Status ExtendLease(const Lease& lease) override {
    const std::lock_guard lock(mutex_);
    FW_ASSIGN_OR_RETURN(Entry* const entry, Owned(lease));
    EndLease(*entry);
    StartLease(*entry);
    return {};
  }

  Status Commit(const Lease& lease, const std::vector<Task>& follow_ups) override {
    FW_RETURN_IF_ERROR(CheckTasks(follow_ups));
    const std::lock_guard lock(mutex_);
    FW_ASSIGN_OR_RETURN(Entry* const entry, Owned(lease));
    EndLease(*entry);
    entry->receipt.clear();
    entry->state = Entry::State::kDone;
    PushLocked(follow_ups);
    return {};
  }

  Status Fail(const Lease& lease, const Status& why) override {
    const std::lock_guard lock(mutex_);
    FW_ASSIGN_OR_RETURN(Entry* const entry, Owned(lease));
    EndLease(*entry);
    GiveBack(*entry, why);
    return {};
  }

  Status Return(const Lease& lease) override {
    const std::lock_guard lock(mutex_);
    FW_ASSIGN_OR_RETURN(Entry* const entry, Owned(lease));
    EndLease(*entry);
    entry->receipt.clear();
    --entry->task.attempt;
    Enqueue(*entry, Line::End::kFront);
    return {};
  }

  Status Retry(const std::string& run_id, const std::string& task_id) override {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(dead_.begin(), dead_.end(), [&](const Entry* entry) {
      return entry->task.run_id == run_id && entry->task.task_id == task_id;
    });
    if (found == dead_.end()) return TaskNotDead(run_id, task_id);
    Entry& entry = **found;
    dead_.erase(found);
    entry.task.attempt = 0;
    entry.queued = clock_.Now();
    Enqueue(entry, Line::End::kBack);
    return {};
  }

  Status Forget(const std::string& run_id) override {
    const std::lock_guard lock(mutex_);
    for (auto& [key, line] : lines_) line.Drop(run_id);
    std::erase_if(leases_, [&](const auto& lease) { return lease.second->task.run_id == run_id; });
    std::erase_if(dead_, [&](const Entry* entry) { return entry->task.run_id == run_id; });
    runs_.erase(run_id);
    return {};
  }

  StatusOr<std::vector<std::string>> Runs() const override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> runs;
    for (const auto& [run_id, entries] : runs_) runs.push_back(run_id);
    return runs;
  }

  StatusOr<std::set<std::string>> KnownSet(const std::string& run_id) const override {
    const std::lock_guard lock(mutex_);
    std::set<std::string> known;
    ForEach(run_id, [&known](const Entry& entry) { known.insert(entry.task.task_id); });
    return known;
  }

  StatusOr<std::set<std::string>> DoneSet(const std::string& run_id) const override {
    const std::lock_guard lock(mutex_);
    std::set<std::string> done;
    ForEach(run_id, [&done](const Entry& entry) {
      if (entry.state == Entry::State::kDone) done.insert(entry.task.task_id);
    });
    return done;
  }

  StatusOr<std::vector<DeadTask>> DeadTasks(const std::string& run_id) const override {
    const std::lock_guard lock(mutex_);
    std::vector<DeadTask> dead;
    for (const Entry* entry : dead_) {
      if (entry->task.run_id == run_id) dead.push_back({entry->task, entry->last_failure, entry->history});
    }
    return dead;
  }

  StatusOr<CountsByKind> Counts(const std::string& run_id) const override {
    const std::lock_guard lock(mutex_);
    CountsByKind by_kind;
    ForEach(run_id, [&by_kind](const Entry& entry) {
      TaskCounts& counts = by_kind[entry.task.kind];
      switch (entry.state) {
        case Entry::State::kQueued: ++counts.queued; break;
        case Entry::State::kLeased: ++counts.leased; break;
        case Entry::State::kDone: ++counts.done; break;
        case Entry::State::kDead: ++counts.dead; break;
      }
    });
    return by_kind;
  }

  StatusOr<std::vector<LineState>> Lines() const override {
    const std::lock_guard lock(mutex_);
    std::vector<LineState> states;
    for (const auto& [key, line] : lines_) {
      LineState state{.kind = key.first, .priority = key.second};
      line.ForEach([&](const Entry& entry) {
        ++state.queued;
        const std::chrono::duration<double> age_s = clock_.Now() - entry.queued;
        state.oldest_age_s = std::max(state.oldest_age_s, age_s.count());
      });
      state.leased = std::count_if(leases_.begin(), leases_.end(), [&key = key](const auto& lease) {
        return lease.second->task.kind == key.first && lease.second->task.priority == key.second;
      });
      states.push_back(state);
    }
    return states;
  }

  /// Consumers are known only by their leases here.
  Status Leave(const std::string&) override { return {}; }

 private:
  // All private functions are called with mutex_ held.

  void PushLocked(const std::vector<Task>& tasks) {
    for (const Task& task : tasks) {
      const auto [place, is_new] = runs_[task.run_id].try_emplace(task.task_id);
      if (!is_new) continue;
      place->second.task = task;
      place->second.task.attempt = 0;
      place->second.queued = clock_.Now();
      Enqueue(place->second, Line::End::kBack);
    }
  }

  void Enqueue(Entry& entry, Line::End end) {
    entry.state = Entry::State::kQueued;
    lines_[{entry.task.kind, entry.task.priority}].Add(&entry, end);
    changed_.notify_all();
  }

  Entry* TakeNext(const std::vector<std::string>& kinds) {
    for (const Priority priority : {Priority::kEmergency, Priority::kRoutine}) {
      for (const std::string& kind : kinds) {
        const auto line = lines_.find({kind, priority});
        if (line == lines_.end()) continue;
        if (Entry* entry = line->second.Take()) return entry;
      }
    }
    return nullptr;
  }

  Lease LeaseOut(Entry& entry, const std::string& consumer) {
    ++entry.task.attempt;
    entry.consumer = consumer;
    entry.receipt = fmt::format("{}", ++deliveries_);
    StartLease(entry);
    return {entry.task, entry.consumer, entry.receipt};
  }

  void StartLease(Entry& entry) {
    entry.state = Entry::State::kLeased;
    entry.lease_end = clock_.Now() + options_.lease;
    leases_.emplace(entry.lease_end, &entry);
  }

  void EndLease(Entry& entry) {
    auto [it, end] = leases_.equal_range(entry.lease_end);
    while (it != end && it->second != &entry) ++it;
    leases_.erase(it);
  }

  StatusOr<Entry*> Owned(const Lease& lease) {
    TakeBackExpired();
    const auto run = runs_.find(lease.task.run_id);
    if (run != runs_.end()) {
      const auto found = run->second.find(lease.task.task_id);
      if (found != run->second.end() && !lease.receipt.empty() && found->second.receipt == lease.receipt) {
        return &found->second;
      }
    }
    return LeaseLost(lease);
  }

  void TakeBackExpired() {
    while (!leases_.empty() && leases_.begin()->first <= clock_.Now()) {
      Entry& entry = *leases_.begin()->second;
      EndLease(entry);
      GiveBack(entry, LeaseEnded(options_.lease));
    }
  }

  void GiveBack(Entry& entry, const Status& why) {
    entry.receipt.clear();
    const std::string reason = ReasonOf(why);
    entry.last_failure = Status(why.code(), reason);
    entry.history.push_back(fmt::format("attempt {} on {}: {}", entry.task.attempt, entry.consumer, reason));
    if (entry.history.size() > kHistoryKept) entry.history.erase(entry.history.begin());
    if (IsRetryable(why) && entry.task.attempt < options_.max_attempts) {
      entry.queued = clock_.Now();
      Enqueue(entry, Line::End::kBack);
      return;
    }
    entry.state = Entry::State::kDead;
    dead_.push_back(&entry);
    changed_.notify_all();
  }

  template <typename Visit>
  void ForEach(const std::string& run_id, Visit&& visit) const {
    const auto run = runs_.find(run_id);
    if (run == runs_.end()) return;
    for (const auto& [id, entry] : run->second) visit(entry);
  }

  const QueueOptions options_;
  Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::unordered_map<std::string, Entry>> runs_;  ///< entries never move: others point at them
  struct EmergencyFirst {
    using Key = std::pair<std::string, Priority>;
    bool operator()(const Key& a, const Key& b) const {
      return std::tie(a.first, b.second) < std::tie(b.first, a.second);
    }
  };
  std::map<std::pair<std::string, Priority>, Line, EmergencyFirst> lines_;
  std::multimap<Clock::TimePoint, Entry*> leases_;  ///< by end
  std::vector<Entry*> dead_;                        ///< in the order in which they died
  uint64_t deliveries_ = 0;
};

}  // namespace

std::unique_ptr<Queue> OpenMemoryQueue(const QueueOptions& options, Clock& clock) {
  return std::make_unique<MemoryQueue>(options, clock);
}

}  // namespace fringewatch
