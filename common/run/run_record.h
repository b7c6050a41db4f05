/// What the services know of a run: the request as it was resolved, what happened to the run since, and how it ended.
/// All three lie in the store, as JSON; Redis can be lost and nothing of a run is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/queue/queue.h"
#include "common/stack/stack_source.h"

namespace fringewatch {

/// A run as it was accepted. Written once.
struct RunRecord {
  std::string run_id;  ///< first 12 hexadecimal digits of the hash of the spec
  std::string track;
  StackSource source;
  double threshold = 0;  ///< evidence a site must reach
  int tile_px = 0, halo_px = 0;
  bool skip_rejected = false;
  Priority priority = Priority::kRoutine;
  std::string compute;                        ///< device kind and precision that every worker must have: "cpu bf16"
  std::vector<std::string> detector_models;   ///< SHA-256 of the weights, in the order of Detector::model_hashes
  std::vector<std::string> unwrapper_models;  ///< of Unwrapper::model_hashes
  std::string version;                        ///< of Fringewatch
  std::string stack_layout;                   ///< StackReader::Layout of the stack that was accepted
  std::string spec_json;                      ///< scheduler::ToJson(RunSpec), which run.json repeats
  std::vector<std::string> detect_task_ids;   ///< the plan, row-major
  int pairs = 0, rows = 0, cols = 0;
  std::string submitted_at;  ///< UTC, "2026-11-21T15:04:05.123Z"
  std::string submitted_by;
};

/// Something that changed a run's state. Events are only ever added. The greatest number decides (ties: the greater
/// kind): no clock has to be right, and who writes without having seen the newest event changes nothing.
struct RunEvent {
  enum class Kind { kFinished, kResumed, kCancelled };
  Kind kind = Kind::kFinished;
  std::string at;                    ///< UTC, as RunRecord::submitted_at
  std::string by;                    ///< who asked; "scheduler" for kFinished
  std::string state;                 ///< kFinished: "SUCCEEDED", "PARTIAL", "FAILED"
  std::vector<std::string> reasons;  ///< sentences, why it is not SUCCEEDED
  int number = 1;                    ///< one more than the greatest number that its writer had seen
  CountsByKind counts;               ///< the run's tasks when it ended; empty for kResumed
};

/// What is left to say when no task of a run is open any more: which answers make the products. Products are a
/// function of the record, this and the artifacts.
struct RunOutcome {
  struct DeadTask {
    std::string task_id;
    std::string kind;
    std::string payload;
    std::string reason;  ///< message of the last attempt's status
  };
  std::vector<std::string> done_detect_ids;  ///< in the order of the plan
  std::vector<DeadTask> dead;                ///< by kind, then id
};

[[nodiscard]] std::string ToJson(const RunRecord& record);
[[nodiscard]] std::string ToJson(const RunEvent& event);
[[nodiscard]] std::string ToJson(const RunOutcome& outcome);
/// \error kInternal with the text when it is not what the writer made.
[[nodiscard]] StatusOr<RunRecord> RunRecordFromJson(const std::string& text);
[[nodiscard]] StatusOr<RunEvent> RunEventFromJson(const std::string& text);
[[nodiscard]] StatusOr<RunOutcome> RunOutcomeFromJson(const std::string& text);

/// Store keys.
[[nodiscard]] std::string RecordKey(std::string_view run_id);    ///< runs/<run_id>/record.json
[[nodiscard]] std::string EventPrefix(std::string_view run_id);  ///< runs/<run_id>/events/
/// Sorts by number: runs/<run_id>/events/<number, 6 digits>-<hash of the event>.json
[[nodiscard]] std::string EventKey(std::string_view run_id, const RunEvent& event);
/// runs/<run_id>/outcomes/<hash of the outcome>.json: the payload of the run's `publish` task.
[[nodiscard]] std::string OutcomeKey(std::string_view run_id, const RunOutcome& outcome);

}  // namespace fringewatch
