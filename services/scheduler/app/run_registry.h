/// The runs of a deployment, as the store has them: their records, what happened to them since, and the requests that
/// made them. Any number of processes share one store; none of them holds state of its own.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/utc_text.h"
#include "common/run/run_record.h"
#include "common/store/store.h"
#include "services/scheduler/core/run_state.h"

namespace fringewatch::scheduler {

/// A run as it stands.
struct RunView {
  std::shared_ptr<const RunRecord>
      record;                      ///< without what can be large (stack_layout, spec_json, detect_task_ids): see Record
  long tiles = 0;                  ///< detection tasks of the plan
  std::optional<RunEvent> newest;  ///< none: nothing happened since it was accepted
  /// How it ended; none while it is active.
  [[nodiscard]] std::optional<RunState> ended() const;
};

/// A request that was accepted under an id that its client chose.
struct AcceptedRequest {
  std::string run_id;
  std::string body_sha256;
  std::string at;  ///< as RunRecord::submitted_at
  std::string by;
};

/// Thread-safe. Keeps the records and the newest events in memory: they never change.
class RunRegistry {
 public:
  using Now = std::function<std::chrono::system_clock::time_point()>;
  /// `store` must outlive it.
  explicit RunRegistry(Store& store, Now now = std::chrono::system_clock::now) : store_(store), now_(std::move(now)) {}

  /// Writes the record unless the run exists. \error kNotWritable; kInternal when another spec has the same run id.
  [[nodiscard]] Status Create(const RunRecord& record);
  /// The whole record, from the store. \error kUnknownName
  [[nodiscard]] StatusOr<RunRecord> Record(const std::string& run_id) const;
  /// \error kUnknownName
  [[nodiscard]] StatusOr<RunView> Get(const std::string& run_id) const;

  struct Listing {
    std::vector<RunView> runs;            ///< newest first, then by id
    std::vector<std::string> unreadable;  ///< ids of runs whose record or event cannot be read; logged
  };
  [[nodiscard]] StatusOr<Listing> List() const;
  /// The same for few runs, whatever the number of ended ones: those that this process knows and has not seen end, and
  /// `others`. Ids of `others` that do not exist are left out. Those known as PARTIAL or FAILED, which may stay in the
  /// queue for months, are given as they are known: only List hears that another process resumed them.
  [[nodiscard]] Listing ListActive(const std::vector<std::string>& others) const;

  /// Adds an event after the newest that `seen` has; fills `number` and `at`. Returns the run with this event.
  [[nodiscard]] StatusOr<RunView> Append(const RunView& seen, RunEvent event);

  /// What was accepted under this id; none when nothing was. \error kRequestReused when it was another body.
  [[nodiscard]] StatusOr<std::optional<AcceptedRequest>> Find(const std::string& request_id,
                                                              const std::string& body_sha256) const;
  /// Takes the id for a request; returns what holds it now: this, or the same request of another process.
  /// \error kRequestReused when another body has it.
  [[nodiscard]] StatusOr<AcceptedRequest> Claim(const std::string& request_id, const AcceptedRequest& request);

  /// Now, as records write it.
  [[nodiscard]] std::string Timestamp() const { return UtcText(now_()); }

 private:
  /// What is in memory of a run.
  struct Known {
    std::shared_ptr<const RunRecord> record;
    long tiles = 0;
    std::string newest_key;
    std::optional<RunEvent> newest;
  };
  [[nodiscard]] StatusOr<RunView> View(const std::string& run_id, const std::vector<std::string>& event_keys) const;
  [[nodiscard]] StatusOr<Known> Recall(const std::string& run_id) const;
  /// Adds a view, or the id of a run that cannot be read.
  static void Add(Listing& listing, const std::string& run_id, StatusOr<RunView> view);
  static void NewestFirst(Listing& listing);

  Store& store_;
  const Now now_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, Known> known_;  ///< by run id
};

}  // namespace fringewatch::scheduler
