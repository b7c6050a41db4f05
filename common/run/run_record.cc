#include "common/run/run_record.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "common/base/decode_json.h"
#include "common/base/hash.h"

namespace fringewatch {
namespace {

using Json = nlohmann::json;  // objects sort their keys; doubles are printed shortest and exact

/// Paths and messages may hold any bytes; what is no UTF-8 is replaced, not refused.
std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

std::optional<double> DoubleOf(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(json.get<double>());
}

Json ToJson(const StackSource& source) {
  return {{"path", source.path},
          {"format", source.format},
          {"pattern", source.pattern},
          {"coherence_pattern", source.coherence_pattern},
          {"height_path", source.height_path},
          {"unwrapped", source.unwrapped},
          {"flip_sign", source.flip_sign},
          {"wavelength_m", OrNull(source.wavelength_m)},
          {"pixel_size_m", OrNull(source.pixel_size_m)},
          {"track_name", source.track_name}};
}

StackSource SourceOf(const Json& json) {
  return {.path = json.at("path"),
          .format = json.at("format"),
          .pattern = json.at("pattern"),
          .coherence_pattern = json.at("coherence_pattern"),
          .height_path = json.at("height_path"),
          .unwrapped = json.at("unwrapped"),
          .flip_sign = json.at("flip_sign"),
          .wavelength_m = DoubleOf(json.at("wavelength_m")),
          .pixel_size_m = DoubleOf(json.at("pixel_size_m")),
          .track_name = json.at("track_name")};
}

constexpr std::pair<Priority, const char*> kPriorities[] = {{Priority::kRoutine, NameOf(Priority::kRoutine)},
                                                            {Priority::kEmergency, NameOf(Priority::kEmergency)}};
constexpr std::pair<RunEvent::Kind, const char*> kKinds[] = {{RunEvent::Kind::kFinished, "finished"},
                                                             {RunEvent::Kind::kResumed, "resumed"},
                                                             {RunEvent::Kind::kCancelled, "cancelled"}};

template <typename T, size_t N>
std::string NameIn(const std::pair<T, const char*> (&names)[N], T value) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  return "";
}

/// A name that is not there is as wrong as text that is not JSON: it travels the same way.
template <typename T, size_t N>
T ValueIn(const std::pair<T, const char*> (&names)[N], const Json& json) {
  const auto text = json.get<std::string>();
  for (const auto& [value, name] : names) {
    if (text == name) return value;
  }
  throw Json::other_error::create(501, fmt::format("'{}' is no known name", text), &json);
}

Json ToJson(const CountsByKind& counts) {
  Json json = Json::object();
  for (const auto& [kind, count] : counts) json[kind] = {count.queued, count.leased, count.done, count.dead};
  return json;
}

CountsByKind CountsOf(const Json& json) {
  CountsByKind counts;
  for (const auto& [kind, count] : json.items()) {
    counts[kind] = {.queued = count.at(0), .leased = count.at(1), .done = count.at(2), .dead = count.at(3)};
  }
  return counts;
}

std::string ShortHash(const std::string& text) { return Sha256(text).substr(0, 16); }

}  // namespace

std::string ToJson(const RunRecord& record) {
  return Dump({{"run_id", record.run_id},
               {"track", record.track},
               {"source", ToJson(record.source)},
               {"threshold", record.threshold},
               {"tile_px", record.tile_px},
               {"halo_px", record.halo_px},
               {"skip_rejected", record.skip_rejected},
               {"priority", NameOf(record.priority)},
               {"compute", record.compute},
               {"detector_models", record.detector_models},
               {"unwrapper_models", record.unwrapper_models},
               {"version", record.version},
               {"stack_layout", record.stack_layout},
               {"spec", record.spec_json},
               {"detect_task_ids", record.detect_task_ids},
               {"pairs", record.pairs},
               {"rows", record.rows},
               {"cols", record.cols},
               {"submitted_at", record.submitted_at},
               {"submitted_by", record.submitted_by}});
}

std::string ToJson(const RunEvent& event) {
  return Dump({{"kind", NameIn(kKinds, event.kind)},
               {"at", event.at},
               {"by", event.by},
               {"state", event.state},
               {"reasons", event.reasons},
               {"number", event.number},
               {"counts", ToJson(event.counts)}});
}

std::string ToJson(const RunOutcome& outcome) {
  Json dead = Json::array();
  for (const RunOutcome::DeadTask& task : outcome.dead) {
    dead.push_back(
        {{"task_id", task.task_id}, {"kind", task.kind}, {"payload", task.payload}, {"reason", task.reason}});
  }
  return Dump({{"done_detect_ids", outcome.done_detect_ids}, {"dead", dead}});
}

StatusOr<RunRecord> RunRecordFromJson(const std::string& text) {
  return DecodeJson<Json>(text, "run record", [](const Json& json) {
    return RunRecord{.run_id = json.at("run_id"),
                     .track = json.at("track"),
                     .source = SourceOf(json.at("source")),
                     .threshold = json.at("threshold"),
                     .tile_px = json.at("tile_px"),
                     .halo_px = json.at("halo_px"),
                     .skip_rejected = json.at("skip_rejected"),
                     .priority = ValueIn(kPriorities, json.at("priority")),
                     .compute = json.at("compute"),
                     .detector_models = json.at("detector_models"),
                     .unwrapper_models = json.at("unwrapper_models"),
                     .version = json.at("version"),
                     .stack_layout = json.at("stack_layout"),
                     .spec_json = json.at("spec"),
                     .detect_task_ids = json.at("detect_task_ids"),
                     .pairs = json.at("pairs"),
                     .rows = json.at("rows"),
                     .cols = json.at("cols"),
                     .submitted_at = json.at("submitted_at"),
                     .submitted_by = json.at("submitted_by")};
  });
}

StatusOr<RunEvent> RunEventFromJson(const std::string& text) {
  return DecodeJson<Json>(text, "run event", [](const Json& json) {
    return RunEvent{.kind = ValueIn(kKinds, json.at("kind")),
                    .at = json.at("at"),
                    .by = json.at("by"),
                    .state = json.at("state"),
                    .reasons = json.at("reasons"),
                    .number = json.at("number"),
                    .counts = CountsOf(json.at("counts"))};
  });
}

StatusOr<RunOutcome> RunOutcomeFromJson(const std::string& text) {
  return DecodeJson<Json>(text, "run outcome", [](const Json& json) {
    RunOutcome outcome{.done_detect_ids = json.at("done_detect_ids")};
    for (const Json& task : json.at("dead")) {
      outcome.dead.push_back({.task_id = task.at("task_id"),
                              .kind = task.at("kind"),
                              .payload = task.at("payload"),
                              .reason = task.at("reason")});
    }
    return outcome;
  });
}

std::string RecordKey(std::string_view run_id) { return fmt::format("runs/{}/record.json", run_id); }

std::string EventPrefix(std::string_view run_id) { return fmt::format("runs/{}/events/", run_id); }

std::string EventKey(std::string_view run_id, const RunEvent& event) {
  return fmt::format("{}{:06}-{}.json", EventPrefix(run_id), event.number, ShortHash(ToJson(event)));
}

std::string OutcomeKey(std::string_view run_id, const RunOutcome& outcome) {
  return fmt::format("runs/{}/outcomes/{}.json", run_id, ShortHash(ToJson(outcome)));
}

}  // namespace fringewatch
