#include "services/scheduler/core/run_state.h"

#include <algorithm>
#include <utility>

namespace fringewatch::scheduler {
namespace {

constexpr std::pair<RunState, std::string_view> kNames[] = {
    {RunState::kSucceeded, "SUCCEEDED"},     {RunState::kPartial, "PARTIAL"},     {RunState::kFailed, "FAILED"},
    {RunState::kQueued, "QUEUED"},           {RunState::kDetecting, "DETECTING"}, {RunState::kUnwrapping, "UNWRAPPING"},
    {RunState::kAggregating, "AGGREGATING"}, {RunState::kCancelled, "CANCELLED"},
};

/// Seconds for what is open at the rate since the first look; none while nothing has ended since.
std::optional<double> Remaining_s(long open, long ended_since, double elapsed_s) {
  if (open <= 0) return 0.0;
  if (ended_since <= 0 || elapsed_s <= 0) return std::nullopt;
  return elapsed_s * static_cast<double>(open) / static_cast<double>(ended_since);
}

}  // namespace

std::string_view NameOf(RunState state) {
  for (const auto& [known, name] : kNames) {
    if (known == state) return name;
  }
  return "UNKNOWN";
}

std::optional<RunState> RunStateOf(std::string_view name) {
  for (const auto& [state, known] : kNames) {
    if (known == name) return state;
  }
  return std::nullopt;
}

bool AllEnded(const std::set<std::string>& planned, const std::set<std::string>& done,
              const std::set<std::string>& dead) {
  return std::all_of(planned.begin(), planned.end(),
                     [&](const std::string& id) { return done.contains(id) || dead.contains(id); });
}

RunState StageOf(long planned_tiles, const RunCounts& counts) {
  const StageCounts& tiles = counts.tiles;
  if (tiles.leased + tiles.ended() == 0) return RunState::kQueued;
  if (tiles.open() > 0 || tiles.total() < planned_tiles) return RunState::kDetecting;
  if (counts.patches.open() + counts.sites.open() > 0) return RunState::kUnwrapping;
  return RunState::kAggregating;
}

RunState EndOf(long tiles_done, long dead, bool published) {
  if (tiles_done == 0 || !published) return RunState::kFailed;
  return dead == 0 ? RunState::kSucceeded : RunState::kPartial;
}

std::optional<double> Forecast::Remaining_s(double now_s, long planned_tiles, const RunCounts& counts) {
  const long tiles = counts.tiles.ended();
  const long patches = counts.patches.ended();
  // Fewer than at first: the queue was lost and the run began anew.
  if (!first_ || tiles < first_->tiles || patches < first_->patches) first_ = First{now_s, tiles, patches};
  const double elapsed_s = now_s - first_->at_s;
  const auto for_tiles = scheduler::Remaining_s(planned_tiles - tiles, tiles - first_->tiles, elapsed_s);
  const auto for_patches = scheduler::Remaining_s(counts.patches.open(), patches - first_->patches, elapsed_s);
  if (!for_tiles || !for_patches) return std::nullopt;
  // The stages work side by side.
  return std::max(*for_tiles, *for_patches);
}

}  // namespace fringewatch::scheduler
