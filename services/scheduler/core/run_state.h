/// Fan-in: the state of a run, from sets of task ids (never from counters: tasks may be delivered twice).
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fringewatch::scheduler {

enum class RunState {
  kRunning,
  kSucceeded,  ///< every planned task is done
  kPartial,    ///< some are dead, at least one is done, none is open
  kFailed,     ///< none is done and none is open
};

/// "RUNNING", "SUCCEEDED", "PARTIAL", "FAILED".
[[nodiscard]] std::string_view NameOf(RunState state);

struct RunProgress {
  RunState state = RunState::kRunning;
  int planned = 0;
  int done = 0;
  std::vector<std::string> dead;  ///< planned and dead, sorted
  std::vector<std::string> open;  ///< planned, neither done nor dead, sorted
};

/// `planned`: ids of the detection tasks and of every patch task that their answers asked for. Ids outside the plan
/// do not count; an id both done and dead is done. An empty plan is kFailed: nothing was looked at.
[[nodiscard]] RunProgress Assess(const std::set<std::string>& planned, const std::set<std::string>& done,
                                 const std::set<std::string>& dead);

}  // namespace fringewatch::scheduler
