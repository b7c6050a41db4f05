#include "services/scheduler/app/run_registry.h"

#include <gmock/gmock.h>

#include "services/scheduler/app/test_cluster.h"

namespace fringewatch::scheduler {
namespace {

using testing::ElementsAre;
using Kind = RunEvent::Kind;

class RunRegistryTest : public ClusterTest {
 protected:
  std::vector<std::string> Ids(const RunRegistry& registry) {
    std::vector<std::string> ids;
    const RunRegistry::Listing listing = registry.List().value();
    for (const RunView& run : listing.runs) ids.push_back(run.record->run_id);
    return ids;
  }
  RunRegistry other_{*store_, MadeTime()};  ///< of another process
};

TEST_F(RunRegistryTest, ARunIsWrittenOnce) {
  const RunRecord record = Created(MadeRecord());
  RunRecord again = record;
  again.submitted_by = "ben";
  ASSERT_THAT(other_.Create(again), IsOk());
  EXPECT_EQ(other_.Get(record.run_id).value().record->submitted_by, "anna");
  EXPECT_EQ(other_.Get(record.run_id).value().tiles, 6);
  EXPECT_EQ(other_.Record(record.run_id).value().spec_json, record.spec_json);
  RunRecord collision = record;
  collision.spec_json += " ";
  EXPECT_THAT(registry_.Create(collision), IsFault(Fault::kInternal));
}

TEST_F(RunRegistryTest, OtherNamesAreUnknownRuns) {
  Created(MadeRecord());
  ASSERT_THAT(store_->PutIfAbsent("requests/x.json", "{}"), IsOk());
  for (const std::string id : {"", "0123456789ab", "../requests", "..", "a/b", "x\ny", "0123/events"}) {
    EXPECT_THAT(registry_.Get(id), IsFault(Fault::kUnknownName)) << id;
  }
}

TEST_F(RunRegistryTest, ListsTheNewestFirst) {
  std::vector<std::string> ids;
  for (const char* at : {"2026-01-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"}) {
    RunRecord record = MadeRecord(std::string("/data/") + at);
    record.submitted_at = at;
    ids.push_back(Created(record).run_id);
  }
  EXPECT_THAT(Ids(registry_), ElementsAre(ids[1], ids[2], ids[0]));
  EXPECT_THAT(Ids(other_), ElementsAre(ids[1], ids[2], ids[0]));
}

TEST_F(RunRegistryTest, ActiveRunsAreTheKnownAndTheNamedOnesThatHaveNotEnded) {
  const std::string active = Created(MadeRecord("/data/a")).run_id, ended = Created(MadeRecord("/data/b")).run_id;
  ASSERT_THAT(registry_.Append(registry_.Get(ended).value(), {.kind = Kind::kCancelled}), IsOk());
  ASSERT_THAT(registry_.Get(active), IsOk());
  const auto ids = [](const RunRegistry::Listing& listing) {
    std::vector<std::string> found;
    for (const RunView& run : listing.runs) found.push_back(run.record->run_id);
    return found;
  };
  EXPECT_THAT(ids(registry_.ListActive({})), ElementsAre(active));
  EXPECT_THAT(ids(registry_.ListActive({ended, "0123456789ab"})), testing::UnorderedElementsAre(active, ended));
  EXPECT_THAT(ids(other_.ListActive({})), testing::IsEmpty());  // has heard of none yet
  ASSERT_THAT(other_.List(), IsOk());
  EXPECT_THAT(ids(other_.ListActive({})), ElementsAre(active));
}

TEST_F(RunRegistryTest, RunsThatWaitWithDeadTasksAreNotLookedUpEachTime) {
  const auto ended_as_listed = [&](const std::string& id) {
    const RunRegistry::Listing listing = registry_.ListActive({id});
    const auto run = std::find_if(listing.runs.begin(), listing.runs.end(),
                                  [&](const RunView& view) { return view.record->run_id == id; });
    return run->ended();
  };
  for (const char* state : {"PARTIAL", "FAILED"}) {
    const std::string id = Created(MadeRecord(std::string("/data/") + state)).run_id;
    const RunView ended =
        registry_.Append(registry_.Get(id).value(), {.kind = Kind::kFinished, .state = state}).value();
    const RunView resumed = other_.Append(ended, {.kind = Kind::kResumed}).value();
    EXPECT_EQ(ended_as_listed(id), RunStateOf(state));
    ASSERT_THAT(registry_.List(), IsOk());
    EXPECT_EQ(ended_as_listed(id), std::nullopt);
    // What would be forgotten is looked up: it may have been resumed.
    const RunView cancelled = registry_.Append(resumed, {.kind = Kind::kCancelled}).value();
    ASSERT_THAT(other_.Append(cancelled, {.kind = Kind::kResumed}), IsOk());
    EXPECT_EQ(ended_as_listed(id), std::nullopt);
  }
}

TEST_F(RunRegistryTest, TheNewestEventDecides) {
  const std::string id = Created(MadeRecord()).run_id;
  RunView run = registry_.Get(id).value();
  EXPECT_EQ(run.ended(), std::nullopt);
  run = registry_.Append(run, {.kind = Kind::kCancelled, .by = "anna"}).value();
  EXPECT_EQ(other_.Get(id).value().ended(), RunState::kCancelled);
  run = other_.Append(run, {.kind = Kind::kResumed, .by = "ben"}).value();
  EXPECT_EQ(registry_.Get(id).value().ended(), std::nullopt);
  run = registry_.Append(run, {.kind = Kind::kFinished, .state = "PARTIAL"}).value();
  EXPECT_EQ(run.ended(), RunState::kPartial);
  EXPECT_EQ(run.newest->number, 3);
  EXPECT_EQ(other_.List().value().runs[0].ended(), RunState::kPartial);
}

TEST_F(RunRegistryTest, WhoHasNotSeenTheNewestChangesNothing) {
  const std::string id = Created(MadeRecord()).run_id;
  const RunView before = registry_.Get(id).value();
  const RunView partial = registry_.Append(before, {.kind = Kind::kFinished, .state = "PARTIAL"}).value();
  ASSERT_THAT(registry_.Append(partial, {.kind = Kind::kResumed}), IsOk());
  // A scheduler that slept since the beginning ends the run, late by the clock.
  EXPECT_EQ(other_.Append(before, {.kind = Kind::kFinished, .state = "FAILED"}).value().ended(), std::nullopt);
  EXPECT_EQ(registry_.Get(id).value().ended(), std::nullopt);
}

TEST_F(RunRegistryTest, AtOnceWhatWasAskedForDecides) {
  for (const auto& [kind, state] : {std::pair{Kind::kResumed, std::optional<RunState>()},
                                    std::pair{Kind::kCancelled, std::optional(RunState::kCancelled)}}) {
    for (const bool asked_first : {true, false}) {
      const std::string id = Created(MadeRecord(fmt::format("/data/{}{}", static_cast<int>(kind), asked_first))).run_id;
      const RunView seen = registry_.Get(id).value();
      const RunEvent asked{.kind = kind};
      const RunEvent finished{.kind = Kind::kFinished, .state = "SUCCEEDED"};
      ASSERT_THAT(registry_.Append(seen, asked_first ? asked : finished), IsOk());
      ASSERT_THAT(other_.Append(seen, asked_first ? finished : asked), IsOk());
      EXPECT_EQ(registry_.Get(id).value().ended(), state);
      EXPECT_EQ(other_.Get(id).value().ended(), state);
    }
  }
}

TEST_F(RunRegistryTest, ADamagedRunDoesNotHideTheOthers) {
  const std::string id = Created(MadeRecord()).run_id;
  ASSERT_THAT(store_->PutIfAbsent(RecordKey("0123456789ab"), "{"), IsOk());
  const auto listing = registry_.List();
  ASSERT_THAT(listing, IsOk());
  EXPECT_THAT(listing->unreadable, ElementsAre("0123456789ab"));
  EXPECT_THAT(Ids(registry_), ElementsAre(id));
}

TEST_F(RunRegistryTest, ARequestIdHoldsOneBody) {
  EXPECT_FALSE(registry_.Find("r1", "body").value().has_value());
  const AcceptedRequest request{.run_id = "0123456789ab", .body_sha256 = "body", .at = "now", .by = "anna"};
  EXPECT_EQ(registry_.Claim("r1", request).value().by, "anna");
  AcceptedRequest same = request;
  same.by = "ben";
  EXPECT_EQ(other_.Claim("r1", same).value().by, "anna");
  EXPECT_EQ(other_.Find("r1", "body").value()->run_id, "0123456789ab");
  EXPECT_THAT(other_.Find("r1", "another body"), IsFault(Fault::kRequestReused));
  AcceptedRequest different = request;
  different.body_sha256 = "another body";
  EXPECT_THAT(other_.Claim("r1", different), IsFault(Fault::kRequestReused));
  EXPECT_THAT(other_.Claim("r2", different), IsOk());
}

}  // namespace
}  // namespace fringewatch::scheduler
