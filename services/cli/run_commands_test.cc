#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "services/cli/test_client_line.h"
#include "services/cli/test_scripted_server.h"

namespace fringewatch::cli {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

v1::Run RunNamed(const std::string& id, v1::RunState state) {
  v1::Run run;
  run.set_run_id(id);
  run.set_track("005A");
  run.set_state(state);
  run.set_pairs(24);
  run.set_rows(1024);
  run.set_cols(2048);
  run.set_submitted_by("alice");
  run.mutable_submitted_at()->set_seconds(1795273445);  // 2026-11-21 15:04:05
  return run;
}

class RunCommandsTest : public ::testing::Test {
 protected:
  Said Ask(const std::string& line, const World& world = {}) {
    return Say(line + " --server " + server_.address(), world);
  }
  ScriptedJobs jobs_;
  ScriptedServer server_{{&jobs_}};
};

/// `count` runs in pages of `per_page`, whatever the client asks for beyond that.
void ServePages(ScriptedJobs& jobs, int count, int per_page) {
  jobs.ListRuns_script.answer = [count, per_page](const v1::ListRunsRequest& request, v1::ListRunsResponse& answer) {
    int next = request.page_token().empty() ? 0 : std::stoi(request.page_token());
    for (int i = 0; i < std::min(per_page, request.page_size()) && next < count; ++i, ++next) {
      *answer.add_runs() = RunNamed("run" + std::to_string(next), v1::PARTIAL);
      answer.mutable_runs()->rbegin()->add_reasons("tile 3: FW-2001");
    }
    if (next < count) answer.set_next_page_token(std::to_string(next));
    return grpc::Status();
  };
}

TEST_F(RunCommandsTest, RunsAreATableOfAllPages) {
  ServePages(jobs_, 7, 3);
  const Said said = Ask("runs --state SUCCEEDED,PARTIAL --track 005A");
  EXPECT_EQ(said.code, ExitCode::kDone) << said.err;
  EXPECT_EQ(said.out.substr(0, said.out.find("run1")),
            "RUN   TRACK  STATE    PRIORITY  PAIRS  SUBMITTED (UTC)      BY     WHY\n"
            "run0  005A   PARTIAL  routine      24  2026-11-21 15:04:05  alice  tile 3: FW-2001\n");
  EXPECT_EQ(std::count(said.out.begin(), said.out.end(), '\n'), 8);
  const auto& requests = jobs_.ListRuns_script.requests;
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[2].page_token(), "6");
  EXPECT_EQ(requests[2].track(), "005A") << "the filter goes with every page";
  ASSERT_EQ(requests[2].states_size(), 2);
  EXPECT_EQ(requests[2].states(1), v1::PARTIAL);
}

TEST_F(RunCommandsTest, RunsAsJsonAreOneDocumentOfAllPages) {
  ServePages(jobs_, 7, 3);
  const Said said = Ask("runs --output json");
  const json document = json::parse(said.out);
  ASSERT_EQ(document.at("runs").size(), 7U);
  EXPECT_EQ(document["runs"][6].at("run_id"), "run6");
  EXPECT_EQ(document["runs"][6].at("state"), "PARTIAL");
  EXPECT_EQ(document["runs"][6].at("submitted_at"), "2026-11-21T15:04:05Z");
  EXPECT_EQ(document["runs"][6].at("model_sha256"), json::array()) << "fields that hold nothing are there";
  EXPECT_EQ(document.at("next_page_token"), "");
}

TEST_F(RunCommandsTest, ALimitCutsTheListAndSaysSo) {
  ServePages(jobs_, 7, 3);
  EXPECT_EQ(json::parse(Ask("runs --limit 4 --output json").out).at("runs").size(), 4U);
  EXPECT_EQ(jobs_.ListRuns_script.requests.back().page_size(), 1);
  EXPECT_THAT(Ask("runs --limit 4").out, HasSubstr("there are more"));
  EXPECT_THAT(Ask("runs --limit 7").out, Not(HasSubstr("there are more")));
}

TEST_F(RunCommandsTest, AServerThatRepeatsAPageDoesNotHoldTheClient) {
  jobs_.ListRuns_script.answer = [](const v1::ListRunsRequest&, v1::ListRunsResponse& answer) {
    answer.set_next_page_token("again");
    return grpc::Status();
  };
  const Said said = Ask("runs");
  EXPECT_EQ(said.code, ExitCode::kUnavailable);
  EXPECT_THAT(said.err, HasSubstr("same page"));
}

TEST_F(RunCommandsTest, OneRunIsShownWithItsReasons) {
  jobs_.GetRun_script.answer = [](const v1::GetRunRequest& request, v1::Run& run) {
    run = RunNamed(request.run_id(), v1::PARTIAL);
    run.add_reasons("tile 3: FW-2001 raster truncated");
    run.mutable_source()->set_uri("/data/005A");
    return grpc::Status();
  };
  const Said said = Ask("runs abc");
  EXPECT_EQ(said.code, ExitCode::kDone) << "looking at a run that is partial is no failure";
  EXPECT_THAT(said.out, AllOf(HasSubstr("run abc: PARTIAL\n  tile 3: FW-2001"), HasSubstr("/data/005A"),
                              HasSubstr("24 pairs, 1024 x 2048 pixels")));
  EXPECT_EQ(json::parse(Ask("runs abc --output json").out).at("run_id"), "abc");
}

TEST_F(RunCommandsTest, CancelResumeAndRetrySayTheNewState) {
  jobs_.CancelRun_script.answer = [](const v1::CancelRunRequest& request, v1::Run& run) {
    run = RunNamed(request.run_id(), v1::CANCELLED);
    return grpc::Status();
  };
  jobs_.ResumeRun_script.answer = [](const v1::ResumeRunRequest& request, v1::Run& run) {
    run = RunNamed(request.run_id(), v1::QUEUED);
    return grpc::Status();
  };
  jobs_.RetryTask_script.answer = [](const v1::RetryTaskRequest& request, v1::RetryTaskResponse& answer) {
    answer.set_retried(request.task_id().empty() ? 3 : 1);
    *answer.mutable_run() = RunNamed(request.run_id(), v1::QUEUED);
    return grpc::Status();
  };
  const Said cancelled = Ask("cancel abc");
  EXPECT_EQ(cancelled.code, ExitCode::kDone);
  EXPECT_EQ(cancelled.out, "run abc: CANCELLED\n");
  EXPECT_EQ(Ask("resume abc").out, "run abc: QUEUED\n");
  EXPECT_EQ(Ask("retry abc").out, "3 tasks queued again\nrun abc: QUEUED\n");
  EXPECT_EQ(Ask("retry abc t1").out, "1 task queued again\nrun abc: QUEUED\n");
  EXPECT_EQ(jobs_.RetryTask_script.requests.back().task_id(), "t1");
  EXPECT_EQ(json::parse(Ask("retry abc --output json").out).at("retried"), 3);
  EXPECT_EQ(json::parse(Ask("cancel abc --output json").out).at("state"), "CANCELLED");
}

TEST_F(RunCommandsTest, DeadTasksOverThreePagesWithTheirHistory) {
  jobs_.ListDeadTasks_script.answer = [](const v1::ListDeadTasksRequest& request, v1::ListDeadTasksResponse& answer) {
    const int page = request.page_token().empty() ? 0 : std::stoi(request.page_token());
    v1::DeadTask& task = *answer.add_tasks();
    task.set_task_id("task" + std::to_string(page));
    task.set_run_id("abc");
    task.set_kind("detect");
    task.set_attempts(5);
    task.set_code("DATA_LOSS");
    task.set_message("FW-2001 raster truncated:\n a.tif");
    task.add_history("1 detector-1 UNAVAILABLE");
    if (page < 2) answer.set_next_page_token(std::to_string(page + 1));
    return grpc::Status();
  };
  const Said said = Ask("dead --run abc");
  EXPECT_EQ(said.out,
            "TASK   KIND    RUN  ATTEMPTS  STATUS     MESSAGE\n"
            "task0  detect  abc         5  DATA_LOSS  FW-2001 raster truncated:  a.tif\n"
            "task1  detect  abc         5  DATA_LOSS  FW-2001 raster truncated:  a.tif\n"
            "task2  detect  abc         5  DATA_LOSS  FW-2001 raster truncated:  a.tif\n");
  EXPECT_EQ(jobs_.ListDeadTasks_script.requests.back().run_id(), "abc");
  EXPECT_THAT(Ask("dead --history").out, HasSubstr("1 detector-1 UNAVAILABLE"));
  EXPECT_EQ(json::parse(Ask("dead --output json").out).at("tasks").at(2).at("attempts"), 5);
  jobs_.ListDeadTasks_script.answer = [](const v1::ListDeadTasksRequest&, v1::ListDeadTasksResponse&) {
    return grpc::Status();
  };
  EXPECT_EQ(Ask("dead").out, "no dead tasks\n");
}

TEST_F(RunCommandsTest, SubmitSendsWhatRunWouldUse) {
  jobs_.SubmitTrack_script.answer = [](const v1::SubmitTrackRequest&, v1::SubmitTrackResponse& answer) {
    *answer.mutable_run() = RunNamed("abc", v1::QUEUED);
    answer.set_created(true);
    return grpc::Status();
  };
  const Said said =
      Ask("submit --source data/005A/ --track T --format geotiff --pattern p --coherence c --dem /d.tif "
          "--unwrapped --flip-sign --wavelength 0.055 --pixel-size 20 --threshold 0.6 --tile 512 "
          "--halo 64 --skip-rejected --priority emergency --request-id id-1");
  EXPECT_EQ(said.code, ExitCode::kDone) << said.err;
  EXPECT_EQ(said.out, "run abc: QUEUED\ntrack 005A: 24 pairs, 1024 x 2048 pixels\nnext: fringewatch watch abc\n");
  EXPECT_EQ(said.err, "request id-1\n");
  const v1::SubmitTrackRequest& request = jobs_.SubmitTrack_script.requests.at(0);
  EXPECT_EQ(request.source().uri(), (std::filesystem::current_path() / "data/005A").string());
  EXPECT_EQ(request.source().height_uri(), "/d.tif");
  EXPECT_EQ(request.source().format(), "geotiff");
  EXPECT_EQ(request.source().pattern() + request.source().coherence_pattern() + request.track(), "pcT");
  EXPECT_TRUE(request.source().unwrapped() && request.source().flip_sign() && request.policy().skip_rejected());
  EXPECT_EQ(request.source().wavelength_m(), 0.055);
  EXPECT_EQ(request.source().pixel_size_m(), 20);
  EXPECT_EQ(request.policy().threshold(), 0.6);
  EXPECT_EQ(request.policy().tile_px(), 512);
  EXPECT_EQ(request.policy().halo_px(), 64);
  EXPECT_EQ(request.priority(), v1::PRIORITY_EMERGENCY);
  EXPECT_EQ(request.request_id(), "id-1");
}

TEST_F(RunCommandsTest, FalseSitesExcludeAThreshold) {
  Ask("submit --source /data/005A --false-sites 0.1");
  const v1::SubmitTrackRequest& request = jobs_.SubmitTrack_script.requests.at(0);
  EXPECT_EQ(request.policy().false_sites_per_1000_km2(), 0.1);
  EXPECT_FALSE(request.policy().has_threshold());
  EXPECT_NE(Ask("submit --source /data/005A --false-sites 0.1 --threshold 0.5").code, ExitCode::kDone);
}

TEST_F(RunCommandsTest, WhatIsNotSaidIsLeftToTheScheduler) {
  Ask("submit --source s3://bucket/005A");
  const v1::SubmitTrackRequest& request = jobs_.SubmitTrack_script.requests.at(0);
  EXPECT_EQ(request.source().uri(), "s3://bucket/005A");
  EXPECT_EQ(request.source().format(), "");
  EXPECT_FALSE(request.policy().has_threshold() || request.policy().has_tile_px() || request.policy().has_halo_px());
  EXPECT_FALSE(request.source().has_wavelength_m() || request.source().has_pixel_size_m());
  EXPECT_EQ(request.priority(), v1::PRIORITY_ROUTINE);
}

TEST_F(RunCommandsTest, RequestIdsAreRandomUuids) {
  std::set<std::string> ids;
  const std::regex uuid4("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  for (int i = 0; i < 20; ++i) {
    const Said said = Ask("submit --source /d");
    const std::string id = jobs_.SubmitTrack_script.requests.back().request_id();
    EXPECT_TRUE(std::regex_match(id, uuid4)) << id;
    EXPECT_THAT(said.err, HasSubstr(id)) << "printed, so that the request can be repeated";
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 20U);
}

TEST_F(RunCommandsTest, SubmitOfARunThatEndedTellsHow) {
  const std::pair<v1::RunState, ExitCode> cases[] = {{v1::SUCCEEDED, ExitCode::kDone},
                                                     {v1::PARTIAL, ExitCode::kPartial},
                                                     {v1::FAILED, ExitCode::kBadInput},
                                                     {v1::CANCELLED, ExitCode::kPartial}};
  for (const auto& [state, code] : cases) {
    jobs_.SubmitTrack_script.answer = [state = state](const v1::SubmitTrackRequest&, v1::SubmitTrackResponse& answer) {
      *answer.mutable_run() = RunNamed("abc", state);
      return grpc::Status();
    };
    const Said said = Ask("submit --watch --source /d");
    EXPECT_EQ(said.code, code) << v1::RunState_Name(state);
    EXPECT_THAT(said.out, AllOf(HasSubstr("existed before"), HasSubstr(v1::RunState_Name(state))));
    const json document = json::parse(Ask("submit --source /d --output json").out);
    EXPECT_EQ(document.at("created"), false);
    EXPECT_EQ(document.at("run").at("state"), v1::RunState_Name(state));
  }
  EXPECT_TRUE(jobs_.watched.empty());
}

TEST_F(RunCommandsTest, PlanListsRejectedInputsAndFailsAsSubmitWould) {
  jobs_.PlanTrack_script.answer = [](const v1::PlanTrackRequest&, v1::PlanTrackResponse& plan) {
    plan.set_track("005A");
    plan.set_format("licsar");
    plan.set_pairs(24);
    plan.set_rows(1024);
    plan.set_cols(2048);
    plan.set_pixel_size_m(100);
    plan.set_wavelength_m(0.055465763);
    plan.set_accepted(48);
    plan.set_rejected(1);
    v1::Input& input = *plan.add_inputs();
    input.set_path("20180106_20180118.unw.tif");
    input.set_verdict(v1::Input::REJECTED);
    input.set_reason("FW-2001 raster truncated: ends early");
    plan.set_tiles(2);
    plan.set_pixels_to_scan(50'331'648);
    plan.set_bytes_to_read(402'653'184);
    plan.mutable_detection_time()->set_seconds(4000);
    plan.set_run_id("abc");
    plan.add_notes("one pair has a small span");
    return grpc::Status();
  };
  const Said said = Ask("plan --source /d");
  EXPECT_EQ(said.code, ExitCode::kBadInput);
  EXPECT_THAT(said.err, HasSubstr("FW-1012"));
  EXPECT_EQ(said.out,
            "track 005A (licsar): 24 pairs, 1024 x 2048 pixels of 100.0 m, wavelength 0.055466 m\n"
            "inputs: 48 accepted, 0 superseded, 1 rejected\n"
            "note: one pair has a small span\n"
            "rejected: 20180106_20180118.unw.tif: FW-2001 raster truncated: ends early\n"
            "(1 of 49 inputs came with the answer)\n"
            "work: 2 tiles, 50.3 Mpx in all pairs, 402.7 MB to read, about 67 min of one detector\n"
            "run: abc (nothing was started)\n");
  EXPECT_EQ(Ask("plan --source /d --skip-rejected").code, ExitCode::kDone);
  const json document = json::parse(Ask("plan --source /d --skip-rejected --output json").out);
  EXPECT_EQ(document.at("inputs").at(0).at("verdict"), "REJECTED");
  EXPECT_EQ(document.at("pixels_to_scan"), "50331648") << "64-bit integers are strings";
}

}  // namespace
}  // namespace fringewatch::cli
