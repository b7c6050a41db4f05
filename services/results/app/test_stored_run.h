/// A run as detectors and unwrappers leave it in the store, of made bowls; for tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/io/mintpy_file.h"
#include "common/queue/task_id.h"
#include "common/run/open_runs.h"
#include "common/wire/task_json.h"
#include "services/results/core/test_made_run.h"

namespace fringewatch::results {

/// Two tiles; the first saw the first bowls, the second the last one.
struct StoredRun {
  explicit StoredRun(Store& run_store, std::vector<MadeBowl> made_bowls = {{120, 150, 14, -0.30, 1.0},
                                                                           {300, 420, 20, 0.20, 1.6},
                                                                           {60, 500, 8, -0.15, 1.0}})
      : store(run_store), bowls(std::move(made_bowls)) {
    auto opened = std::make_shared<OpenRun>();
    auto stack = std::make_shared<MadeStack>(MadeTrack(400, 600));
    RunRecord& record = opened->record;
    record.run_id = "0123456789ab";
    record.track = stack->track().name;
    record.compute = "cpu bf16";
    record.detector_models = {std::string(64, 'a')};
    record.unwrapper_models = {std::string(64, 'b')};
    record.version = "0.1.0";
    record.spec_json = R"({"track":"005A"})";
    record.detect_task_ids = {"tile-1", "tile-2"};
    record.submitted_at = "2026-11-21T10:00:00.000Z";
    opened->stack = stack;
    run = opened;
    runs = OnlyRun(run);
    EXPECT_TRUE(store.PutIfAbsent(RecordKey(run_id()), ToJson(run->record)).ok());
    for (size_t i = 0; i < bowls.size(); ++i) sites.push_back(MadeSite(track(), bowls[i], 0.95 - 0.1 * i));
    PutTile("tile-1", 0, sites.size() - 1);
    PutTile("tile-2", sites.size() - 1, sites.size());
  }

  [[nodiscard]] const std::string& run_id() const { return run->record.run_id; }
  [[nodiscard]] const Track& track() const { return run->stack->track(); }
  /// Id of the patch task of the `index`-th site of a tile.
  [[nodiscard]] static std::string PatchId(const std::string& tile, int index) {
    return FollowUpId(tile, "patch", index);
  }
  /// Everything is done.
  [[nodiscard]] static RunOutcome Done() { return {.done_detect_ids = {"tile-1", "tile-2"}, .dead = {}}; }
  /// The patch task of the second site is dead.
  [[nodiscard]] static RunOutcome OneDead() {
    return {.done_detect_ids = {"tile-1", "tile-2"},
            .dead = {{PatchId("tile-1", 1), "patch", "", "FW-1005 no coherent ground"}}};
  }
  /// The task that publishes `outcome`.
  [[nodiscard]] Task PublishTask(const RunOutcome& outcome) const {
    const std::string key = OutcomeKey(run_id(), outcome);
    EXPECT_TRUE(store.PutIfAbsent(key, ToJson(outcome)).ok());
    return {.task_id = "publish-1", .run_id = run_id(), .kind = "publish", .payload = key};
  }

  Store& store;
  std::vector<MadeBowl> bowls;
  std::vector<SiteRecord> sites;
  std::shared_ptr<const OpenRun> run;
  std::unique_ptr<OpenRuns> runs;

 private:
  void PutTile(const std::string& tile, size_t begin, size_t end) const {
    wire::DetectAnswer answer{{}, 1'000'000};
    for (size_t i = begin; i < end; ++i) {
      answer.sites.push_back(sites[i].flagged);
      const auto bytes = io::EncodeSiteFile(sites[i].series, track());
      EXPECT_TRUE(bytes.ok());
      EXPECT_TRUE(store.PutIfAbsent(PatchKey(PatchId(tile, static_cast<int>(i - begin))), *bytes).ok());
    }
    EXPECT_TRUE(store.PutIfAbsent(DetectKey(tile), wire::DetectAnswerToJson(answer)).ok());
  }
};

}  // namespace fringewatch::results
