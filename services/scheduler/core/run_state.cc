#include "services/scheduler/core/run_state.h"

namespace fringewatch::scheduler {

std::string_view NameOf(RunState state) {
  switch (state) {
    case RunState::kRunning: return "RUNNING";
    case RunState::kSucceeded: return "SUCCEEDED";
    case RunState::kPartial: return "PARTIAL";
    case RunState::kFailed: return "FAILED";
  }
  return "UNKNOWN";
}

RunProgress Assess(const std::set<std::string>& planned, const std::set<std::string>& done,
                   const std::set<std::string>& dead) {
  RunProgress progress;
  progress.planned = static_cast<int>(planned.size());
  for (const std::string& id : planned) {
    if (done.contains(id)) {
      ++progress.done;
    } else {
      (dead.contains(id) ? progress.dead : progress.open).push_back(id);
    }
  }
  if (!progress.open.empty()) {
    progress.state = RunState::kRunning;
  } else if (progress.done == 0) {
    progress.state = RunState::kFailed;
  } else {
    progress.state = progress.dead.empty() ? RunState::kSucceeded : RunState::kPartial;
  }
  return progress;
}

}  // namespace fringewatch::scheduler
