#include "common/run/open_runs.h"

#include <algorithm>
#include <exception>
#include <future>
#include <list>
#include <mutex>

namespace fringewatch {
namespace {

using Opened = StatusOr<std::shared_ptr<const OpenRun>>;

class StoredRuns final : public OpenRuns {
 public:
  StoredRuns(const Store& store, StackReopener reopen, int capacity)
      : store_(store), reopen_(std::move(reopen)), capacity_(static_cast<size_t>(std::max(capacity, 1))) {}

  Opened Open(const std::string& run_id) override {
    std::promise<Opened> promise;
    const std::shared_future<Opened> mine = promise.get_future().share();
    uint64_t opening = 0;
    {
      std::unique_lock lock(mutex_);
      if (const auto entry = Find(run_id); entry != entries_.end()) {
        entries_.splice(entries_.begin(), entries_, entry);
        const std::shared_future<Opened> theirs = entry->opened;
        lock.unlock();
        return theirs.get();
      }
      opening = ++openings_;
      entries_.push_front({run_id, opening, mine});
      if (entries_.size() > capacity_) entries_.pop_back();
    }
    promise.set_value(Read(run_id));
    if (!mine.get().ok()) Strike(opening);
    return mine.get();
  }

  void Drop(const std::string& run_id) override {
    const std::lock_guard lock(mutex_);
    if (const auto entry = Find(run_id); entry != entries_.end()) entries_.erase(entry);
  }

 private:
  /// A run that is open or being opened: who comes second waits for the first.
  struct Entry {
    std::string run_id;
    uint64_t opening = 0;
    std::shared_future<Opened> opened;
  };

  // Called with mutex_ held.
  std::list<Entry>::iterator Find(const std::string& run_id) {
    return std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.run_id == run_id; });
  }

  /// A failure is not kept: the next Open tries again.
  void Strike(uint64_t opening) {
    const std::lock_guard lock(mutex_);
    entries_.remove_if([opening](const Entry& entry) { return entry.opening == opening; });
  }

  Opened Read(const std::string& run_id) const {
    try {
      const StatusOr<std::string> text = store_.Get(RecordKey(run_id));
      if (!text.ok()) {
        if (text.status().code() != StatusCode::kNotFound) return text.status();
        return Error(Fault::kUnknownName, "run {}: the store has no record of it", run_id);
      }
      auto run = std::make_shared<OpenRun>();
      FW_ASSIGN_OR_RETURN(run->record, RunRecordFromJson(*text));
      FW_ASSIGN_OR_RETURN(run->stack, reopen_(run->record.stack_layout));
      return run;
    } catch (const std::exception& e) {  // others wait for this answer: they must get one
      return Error(Fault::kInternal, "run {}: opening it failed: {}", run_id, e.what());
    }
  }

  const Store& store_;
  const StackReopener reopen_;
  const size_t capacity_;
  std::mutex mutex_;
  std::list<Entry> entries_;  ///< the most recently used first
  uint64_t openings_ = 0;
};

class SingleRun final : public OpenRuns {
 public:
  explicit SingleRun(std::shared_ptr<const OpenRun> run) : run_(std::move(run)) {}
  Opened Open(const std::string& run_id) override {
    if (run_id == run_->record.run_id) return run_;
    return Error(Fault::kUnknownName, "run {}: this process works on run {} only", run_id, run_->record.run_id);
  }
  void Drop(const std::string&) override {}

 private:
  const std::shared_ptr<const OpenRun> run_;
};

}  // namespace

std::unique_ptr<OpenRuns> OpenStoredRuns(const Store& store, StackReopener reopen, int capacity) {
  return std::make_unique<StoredRuns>(store, std::move(reopen), capacity);
}

std::unique_ptr<OpenRuns> OnlyRun(std::shared_ptr<const OpenRun> run) {
  return std::make_unique<SingleRun>(std::move(run));
}

}  // namespace fringewatch
