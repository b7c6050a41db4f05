/// Fan-in: the state of a run, from sets of task ids (never from counters: tasks may be delivered twice). Counters only
/// tell people how far a run is.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fringewatch::scheduler {

enum class RunState {
  kSucceeded,    ///< every planned task is done
  kPartial,      ///< some are dead, at least one is done, none is open
  kFailed,       ///< none is done and none is open; or the products could not be written
  kQueued,       ///< no task has been claimed yet
  kDetecting,    ///< tiles are open
  kUnwrapping,   ///< all tiles are done or dead; patches are open
  kAggregating,  ///< the products are being written
  kCancelled,
};

/// "SUCCEEDED", "PARTIAL", "FAILED", "QUEUED", "DETECTING", "UNWRAPPING", "AGGREGATING", "CANCELLED".
[[nodiscard]] std::string_view NameOf(RunState state);
/// The state of a name; none for another word.
[[nodiscard]] std::optional<RunState> RunStateOf(std::string_view name);

/// Whether every planned task is done or dead. Ids outside the plan do not count.
[[nodiscard]] bool AllEnded(const std::set<std::string>& planned, const std::set<std::string>& done,
                            const std::set<std::string>& dead);

/// Tasks of one stage.
struct StageCounts {
  long queued = 0, leased = 0, done = 0, dead = 0;
  [[nodiscard]] long open() const { return queued + leased; }
  [[nodiscard]] long ended() const { return done + dead; }
  [[nodiscard]] long total() const { return open() + ended(); }
};

/// What the queue knows of a run.
struct RunCounts {
  StageCounts tiles, patches, sites, publishing;
};

/// Which stage an active run is in: kQueued, kDetecting, kUnwrapping or kAggregating. `planned_tiles` of which the
/// queue may not know all yet.
[[nodiscard]] RunState StageOf(long planned_tiles, const RunCounts& counts);

/// How a run ends whose tasks are all done or dead; kFailed without a tile that is done: nothing was looked at.
/// `dead`: of all kinds but publishing; `published`: the products were written.
[[nodiscard]] RunState EndOf(long tiles_done, long dead, bool published);

/// How long a run still takes, from the rate since the first look at it.
class Forecast {
 public:
  /// Seconds until all known tasks are done, given that it is `now_s` (of any clock that does not jump). None while
  /// there is no rate to tell it from: a stage with open tasks of which none has ended since the first look.
  [[nodiscard]] std::optional<double> Remaining_s(double now_s, long planned_tiles, const RunCounts& counts);

 private:
  struct First {
    double at_s = 0;
    long tiles = 0, patches = 0;  ///< ended
  };
  std::optional<First> first_;
};

}  // namespace fringewatch::scheduler
