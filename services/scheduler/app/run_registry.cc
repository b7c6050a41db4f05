#include "services/scheduler/app/run_registry.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "common/base/decode_json.h"
#include "common/base/hash.h"
#include "common/service/log.h"

namespace fringewatch::scheduler {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kRuns = "runs/";

Status UnknownRun(const std::string& run_id) {
  return Error(Fault::kUnknownName, "run '{}' does not exist; `fringewatch runs` lists them", run_id);
}

/// Ids come from requests too: nothing else may become part of a store key.
bool IsRunId(const std::string& text) {
  return !text.empty() && text.size() <= 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string RequestKey(const std::string& request_id) { return fmt::format("requests/{}.json", Sha256(request_id)); }

StatusOr<AcceptedRequest> RequestFromJson(const std::string& text) {
  return DecodeJson<Json>(text, "accepted request", [](const Json& json) {
    return AcceptedRequest{json.at("run_id"), json.at("body_sha256"), json.at("at"), json.at("by")};
  });
}

/// "000012" of runs/<run_id>/events/000012-<hash>.json
std::string_view NumberOf(std::string_view event_key) {
  const std::string_view name = event_key.substr(event_key.rfind('/') + 1);
  return name.substr(0, name.find('-'));
}

/// Of two events the one that decides: the greater number, then the greater kind, then the greater key.
bool Decides(const RunEvent& event, const std::string& key, const RunEvent& other, const std::string& other_key) {
  return std::tie(event.number, event.kind, key) > std::tie(other.number, other.kind, other_key);
}

}  // namespace

std::optional<RunState> RunView::ended() const {
  if (!newest) return std::nullopt;
  switch (newest->kind) {
    case RunEvent::Kind::kResumed: return std::nullopt;
    case RunEvent::Kind::kCancelled: return RunState::kCancelled;
    case RunEvent::Kind::kFinished: break;
  }
  return RunStateOf(newest->state).value_or(RunState::kFailed);
}

Status RunRegistry::Create(const RunRecord& record) {
  const std::string key = RecordKey(record.run_id);
  FW_RETURN_IF_ERROR(store_.PutIfAbsent(key, ToJson(record)));
  FW_ASSIGN_OR_RETURN(const RunRecord stored, Record(record.run_id));
  if (stored.spec_json == record.spec_json) return {};
  return Error(Fault::kInternal, "{}: another run has the same id; change an option, such as the halo, by a pixel",
               key);
}

StatusOr<RunRecord> RunRegistry::Record(const std::string& run_id) const {
  if (!IsRunId(run_id)) return UnknownRun(run_id);
  const StatusOr<std::string> text = store_.Get(RecordKey(run_id));
  if (!text.ok()) return text.status().code() == StatusCode::kNotFound ? UnknownRun(run_id) : text.status();
  return RunRecordFromJson(*text);
}

StatusOr<RunRegistry::Known> RunRegistry::Recall(const std::string& run_id) const {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = known_.find(run_id); found != known_.end()) return found->second;
  }
  FW_ASSIGN_OR_RETURN(RunRecord record, Record(run_id));
  Known known{.tiles = static_cast<long>(record.detect_task_ids.size())};
  record.spec_json = {};
  record.stack_layout = {};
  record.detect_task_ids = {};
  known.record = std::make_shared<const RunRecord>(std::move(record));
  const std::lock_guard lock(mutex_);
  return known_.emplace(run_id, std::move(known)).first->second;
}

StatusOr<RunView> RunRegistry::View(const std::string& run_id, const std::vector<std::string>& event_keys) const {
  FW_ASSIGN_OR_RETURN(Known known, Recall(run_id));
  if (!event_keys.empty()) {
    const std::string newest_number(NumberOf(*std::max_element(event_keys.begin(), event_keys.end())));
    bool changed = false;
    for (const std::string& key : event_keys) {
      if (NumberOf(key) != newest_number || key == known.newest_key) continue;
      FW_ASSIGN_OR_RETURN(const std::string text, store_.Get(key));
      FW_ASSIGN_OR_RETURN(RunEvent event, RunEventFromJson(text));
      if (known.newest && !Decides(event, key, *known.newest, known.newest_key)) continue;
      known.newest = std::move(event);
      known.newest_key = key;
      changed = true;
    }
    if (changed) {
      const std::lock_guard lock(mutex_);
      Known& shared = known_[run_id];
      if (!shared.newest || Decides(*known.newest, known.newest_key, *shared.newest, shared.newest_key)) shared = known;
    }
  }
  return RunView{known.record, known.tiles, known.newest};
}

StatusOr<RunView> RunRegistry::Get(const std::string& run_id) const {
  FW_RETURN_IF_ERROR(Recall(run_id).status());
  FW_ASSIGN_OR_RETURN(const std::vector<std::string> keys, store_.List(EventPrefix(run_id)));
  return View(run_id, keys);
}

StatusOr<RunRegistry::Listing> RunRegistry::List() const {
  FW_ASSIGN_OR_RETURN(const std::vector<std::string> keys, store_.List(std::string(kRuns)));
  std::map<std::string, std::vector<std::string>> events_of;
  std::set<std::string> recorded;
  for (const std::string& key : keys) {
    const std::string run_id = key.substr(kRuns.size(), key.find('/', kRuns.size()) - kRuns.size());
    if (!IsRunId(run_id)) continue;
    if (key == RecordKey(run_id)) recorded.insert(run_id);
    if (key.starts_with(EventPrefix(run_id))) events_of[run_id].push_back(key);
  }
  Listing listing;
  for (const std::string& run_id : recorded) Add(listing, run_id, View(run_id, events_of[run_id]));
  NewestFirst(listing);
  return listing;
}

RunRegistry::Listing RunRegistry::ListActive(const std::vector<std::string>& others) const {
  std::set<std::string> ids(others.begin(), others.end());
  Listing listing;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [run_id, known] : known_) {
      RunView view{known.record, known.tiles, known.newest};
      const std::optional<RunState> ended = view.ended();
      if (!ended) ids.insert(run_id);
      const bool keeps_dead_tasks = ended == RunState::kPartial || ended == RunState::kFailed;
      if (keeps_dead_tasks && ids.erase(run_id) > 0) listing.runs.push_back(std::move(view));
    }
  }
  for (const std::string& run_id : ids) {
    StatusOr<RunView> view = Get(run_id);
    if (view.status().code() != StatusCode::kNotFound) Add(listing, run_id, std::move(view));
  }
  NewestFirst(listing);
  return listing;
}

void RunRegistry::Add(Listing& listing, const std::string& run_id, StatusOr<RunView> view) {
  if (view.ok()) {
    listing.runs.push_back(*std::move(view));
  } else {
    service::Log(service::LogLevel::kError, MessageOf(view.status()), {{"run_id", run_id}});
    listing.unreadable.push_back(run_id);
  }
}

void RunRegistry::NewestFirst(Listing& listing) {
  std::sort(listing.runs.begin(), listing.runs.end(), [](const RunView& a, const RunView& b) {
    return std::tie(b.record->submitted_at, a.record->run_id) < std::tie(a.record->submitted_at, b.record->run_id);
  });
}

StatusOr<RunView> RunRegistry::Append(const RunView& seen, RunEvent event) {
  const std::string& run_id = seen.record->run_id;
  event.number = seen.newest ? seen.newest->number + 1 : 1;
  event.at = Timestamp();
  FW_RETURN_IF_ERROR(store_.PutIfAbsent(EventKey(run_id, event), ToJson(event)));
  return Get(run_id);
}

StatusOr<std::optional<AcceptedRequest>> RunRegistry::Find(const std::string& request_id,
                                                           const std::string& body_sha256) const {
  const StatusOr<std::string> text = store_.Get(RequestKey(request_id));
  if (!text.ok()) {
    if (text.status().code() != StatusCode::kNotFound) return text.status();
    return std::optional<AcceptedRequest>();
  }
  FW_ASSIGN_OR_RETURN(AcceptedRequest accepted, RequestFromJson(*text));
  if (accepted.body_sha256 != body_sha256) {
    return Error(Fault::kRequestReused,
                 "request_id '{}' was used for another request at {}; choose a new one (a UUID) for each request",
                 request_id, accepted.at);
  }
  return std::optional(std::move(accepted));
}

StatusOr<AcceptedRequest> RunRegistry::Claim(const std::string& request_id, const AcceptedRequest& request) {
  const Json json{
      {"run_id", request.run_id}, {"body_sha256", request.body_sha256}, {"at", request.at}, {"by", request.by}};
  FW_RETURN_IF_ERROR(
      store_.PutIfAbsent(RequestKey(request_id), json.dump(-1, ' ', false, Json::error_handler_t::replace)));
  FW_ASSIGN_OR_RETURN(const auto holder, Find(request_id, request.body_sha256));
  if (!holder) return Error(Fault::kInternal, "{}: was written and is not there", RequestKey(request_id));
  return *holder;
}

}  // namespace fringewatch::scheduler
