#include "services/scheduler/app/job_service.h"

#include <cmath>
#include <future>

#include "services/scheduler/app/test_scheduler_process.h"

namespace fringewatch::scheduler {
namespace {

using grpc::StatusCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(JobServiceTest, ASubmittedTrackIsARun) {
  v1::SubmitTrackRequest request = Request("r1");
  request.set_priority(v1::PRIORITY_EMERGENCY);
  const auto answer = Submit(request);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_TRUE(answer.created());
  EXPECT_EQ(answer.run().state(), v1::QUEUED);
  EXPECT_EQ(answer.run().track(), "005A");
  EXPECT_EQ(answer.run().source().uri(), "/data/005A");
  EXPECT_EQ(answer.run().priority(), v1::PRIORITY_EMERGENCY);
  EXPECT_EQ(answer.run().policy().tile_px(), 100);
  EXPECT_EQ(answer.run().policy().threshold(), RunPolicy().threshold);
  EXPECT_EQ(answer.run().submitted_by(), "anonymous");
  EXPECT_EQ(answer.run().submitted_at().seconds(), 1'800'000'000);
  EXPECT_THAT(answer.run().model_sha256(), ElementsAre("d1", "d2", "u1"));
  EXPECT_EQ(process_.woken, 1);
  EXPECT_EQ(Get(answer.run().run_id()).SerializeAsString(), answer.run().SerializeAsString());
}

TEST_F(JobServiceTest, ARepeatedRequestIsAnsweredAgain) {
  const auto first = Submit(Request("r1"));
  Settle();
  const auto again = Submit(Request("r1"));
  ASSERT_TRUE(status_.ok());
  EXPECT_TRUE(again.created()) << "the answer is replayed";
  EXPECT_EQ(again.run().run_id(), first.run().run_id());
  EXPECT_EQ(again.run().state(), v1::SUCCEEDED);
  const auto same_track = Submit(Request("r2"));
  EXPECT_FALSE(same_track.created());
  EXPECT_EQ(same_track.run().run_id(), first.run().run_id());
  Submit(Request("r1", "/data/other"));
  EXPECT_EQ(status_.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status_.error_message(), HasSubstr("FW-1015"));
  EXPECT_THAT(RunsInStore(), SizeIs(1));
}

TEST_F(JobServiceTest, ARequestWhoseSchedulerDiedIsTakenUp) {
  const v1::SubmitTrackRequest request = Request("r1");
  const auto first = Submit(request);
  const std::unique_ptr<Store> torn = OpenMemoryStore();  // the request was written, the record was not
  const std::vector<std::string> keys = store_->List("requests/").value();
  ASSERT_THAT(keys, SizeIs(1));
  for (const std::string& key : keys) {
    ASSERT_THAT(torn->PutIfAbsent(key, store_->Get(key).value()), IsOk());
  }
  SchedulerProcess other(*queue_, *torn, MadeTime());
  v1::SubmitTrackResponse answer;
  ASSERT_TRUE(other.stub().SubmitTrack(Context().get(), request, &answer).ok());
  EXPECT_TRUE(answer.created());
  EXPECT_EQ(answer.run().SerializeAsString(), first.run().SerializeAsString());
}

TEST_F(JobServiceTest, BadFieldsAreListedTogether) {
  v1::SubmitTrackRequest request;
  request.mutable_source()->set_format("jpeg");
  request.mutable_source()->set_wavelength_m(-1);
  request.mutable_source()->set_pixel_size_m(std::nan(""));
  request.mutable_policy()->set_threshold(2);
  request.mutable_policy()->set_tile_px(3);
  request.mutable_policy()->set_halo_px(-1);
  request.set_priority(static_cast<v1::Priority>(77));
  request.set_track(std::string(300, 'a'));
  Submit(request);
  EXPECT_EQ(status_.error_code(), StatusCode::INVALID_ARGUMENT);
  for (const char* field : {"request_id", "source.uri", "source.format", "source.wavelength_m", "source.pixel_size_m",
                            "policy.threshold", "policy.tile_px", "policy.halo_px", "priority", "track"}) {
    EXPECT_THAT(status_.error_message(), HasSubstr(std::string(field) + ": ")) << field;
  }
  Submit(Request(std::string(129, 'a')));
  EXPECT_EQ(status_.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(RunsInStore(), IsEmpty());
}

TEST_F(JobServiceTest, FalseSitesTakeThePlaceOfTheThreshold) {
  v1::SubmitTrackRequest request = Request("r1");
  request.mutable_policy()->set_false_sites_per_1000_km2(0.2);
  request.mutable_policy()->set_threshold(0.5);
  Submit(request);
  EXPECT_EQ(status_.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status_.error_message(), HasSubstr("policy.threshold: "));
  request.mutable_policy()->clear_threshold();
  EXPECT_EQ(Submit(request).run().policy().threshold(), 0.8);
  request = Request("r2");
  request.mutable_policy()->set_false_sites_per_1000_km2(0.01);
  Submit(request);
  EXPECT_EQ(status_.error_code(), StatusCode::INVALID_ARGUMENT);
}

TEST_F(JobServiceTest, RejectedInputsStopARunUnlessToldToGoOn) {
  v1::SubmitTrackRequest request = Request("r1", "/data/x-2");
  Submit(request);
  EXPECT_EQ(status_.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status_.error_message(), AllOf(HasSubstr("bad0.tif"), HasSubstr("bad1.tif")));
  EXPECT_THAT(RunsInStore(), IsEmpty());
  request.mutable_policy()->set_skip_rejected(true);
  EXPECT_TRUE(Submit(request).created()) << "a refused request does not use up its id";
  Submit(Request("r2", "/data/nothing"));
  EXPECT_EQ(status_.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status_.error_message(), HasSubstr("FW-1006"));
}

TEST_F(JobServiceTest, APlanStartsNothing) {
  v1::PlanTrackRequest request;
  request.mutable_source()->set_uri("/data/x-2");
  request.mutable_policy()->set_tile_px(100);
  request.mutable_policy()->set_halo_px(10);
  const auto plan = Call<v1::PlanTrackResponse>(&v1::JobService::Stub::PlanTrack, request);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(plan.tiles(), 6);
  EXPECT_EQ(plan.accepted(), 2);
  EXPECT_EQ(plan.rejected(), 2);
  EXPECT_EQ(plan.inputs(0).verdict(), v1::Input::REJECTED);
  EXPECT_GT(plan.detection_time().nanos(), 0);
  EXPECT_THAT(RunsInStore(), IsEmpty());
  v1::SubmitTrackRequest submit = Request("r1", "/data/x-2");
  submit.mutable_policy()->set_skip_rejected(true);
  EXPECT_EQ(Submit(submit).run().run_id(), plan.run_id());
  request.mutable_source()->clear_uri();
  (void)Call<v1::PlanTrackResponse>(&v1::JobService::Stub::PlanTrack, request);
  EXPECT_EQ(status_.error_code(), StatusCode::INVALID_ARGUMENT);
}

TEST_F(JobServiceTest, ARunTellsItsStage) {
  const std::string id = Submit(Request("r1")).run().run_id();
  Step();
  EXPECT_EQ(Get(id).state(), v1::QUEUED);
  workers_.One({"detect"});
  EXPECT_EQ(Get(id).state(), v1::DETECTING);
  while (workers_.One({"detect"})) {
  }
  EXPECT_EQ(Get(id).state(), v1::UNWRAPPING);
  while (workers_.One({"patch", "site"})) {
  }
  EXPECT_EQ(Get(id).state(), v1::AGGREGATING);
  Step();
  workers_.All();
  EXPECT_EQ(Get(id).state(), v1::AGGREGATING);
  Step();
  EXPECT_EQ(Get(id).state(), v1::SUCCEEDED);
  Get("0123456789ab");
  EXPECT_EQ(status_.error_code(), StatusCode::NOT_FOUND);
}

TEST_F(JobServiceTest, ACancelledRunLeavesNothingAndGoesOnWhenResumed) {
  const std::string id = Submit(Request("r1")).run().run_id();
  Step();
  workers_.One();
  const v1::Run cancelled = Cancel(id);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(cancelled.state(), v1::CANCELLED);
  EXPECT_THAT(cancelled.reasons(), ElementsAre("cancelled by anonymous"));
  EXPECT_THAT(queue_->Runs().value(), IsEmpty());
  Cancel(id);
  EXPECT_EQ(status_.error_code(), StatusCode::FAILED_PRECONDITION);
  Settle();
  EXPECT_EQ(Get(id).state(), v1::CANCELLED);
  const v1::Run resumed = Resume(id);
  ASSERT_TRUE(status_.ok());
  EXPECT_EQ(resumed.state(), v1::QUEUED);
  EXPECT_THAT(resumed.reasons(), IsEmpty());
  Settle();
  EXPECT_EQ(Get(id).state(), v1::SUCCEEDED);
  Cancel(id);
  EXPECT_EQ(status_.error_code(), StatusCode::FAILED_PRECONDITION);
  Resume(id);
  EXPECT_EQ(status_.error_code(), StatusCode::FAILED_PRECONDITION);
  Cancel("0123456789ab");
  EXPECT_EQ(status_.error_code(), StatusCode::NOT_FOUND);
  Resume("0123456789ab");
  EXPECT_EQ(status_.error_code(), StatusCode::NOT_FOUND);
}

TEST_F(JobServiceTest, ARunWithDeadTasksIsCancelledOutOfTheQueue) {
  bool mended = false;
  workers_.answer = [&](const Task& task) {
    return !mended && task.kind == "patch" ? Error(Fault::kRasterTruncated, "x.tif") : Status();
  };
  const std::string id = Submit(Request("r1")).run().run_id();
  Settle();
  ASSERT_EQ(Get(id).state(), v1::PARTIAL);
  const v1::Run cancelled = Cancel(id);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(cancelled.state(), v1::CANCELLED);
  EXPECT_THAT(queue_->Runs().value(), IsEmpty());
  Settle();
  EXPECT_EQ(Get(id).state(), v1::CANCELLED);
  mended = true;
  Resume(id);
  Settle();
  EXPECT_EQ(Get(id).state(), v1::SUCCEEDED);
}

TEST_F(JobServiceTest, WhatWasDeletedFromTheStoreIsMadeAgainWhenTheRunIsResumed) {
  std::map<std::string, int> detected;  // how often each tile was
  const std::string damaged = MadeRecord().detect_task_ids[2];
  workers_.answer = [&](const Task& task) -> Status {
    if (task.kind == "detect") ++detected[task.task_id];
    const bool of_damaged = task.task_id == FollowUpId(damaged, "patch", 0);
    return of_damaged && detected[damaged] < 2 ? Error(Fault::kChecksumMismatch, "delete the file") : Status();
  };
  const std::string id = Submit(Request("r1")).run().run_id();
  Settle();
  ASSERT_EQ(Get(id).state(), v1::PARTIAL);
  EXPECT_EQ(Retry(id).retried(), 1);
  Settle();
  EXPECT_EQ(Get(id).state(), v1::PARTIAL) << "a retry tries the dead alone";
  Resume(id);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  Settle();
  EXPECT_EQ(Get(id).state(), v1::SUCCEEDED);
}

TEST_F(JobServiceTest, DeadTasksAreListedAndTriedAgain) {
  bool mended = false;
  workers_.answer = [&](const Task& task) {
    return !mended && task.kind == "patch" ? Error(Fault::kRasterTruncated, "x.tif") : Status();
  };
  const std::string id = Submit(Request("r1")).run().run_id();
  Settle();
  EXPECT_EQ(Get(id).state(), v1::PARTIAL);
  EXPECT_THAT(Get(id).reasons(), SizeIs(6));
  v1::ListDeadTasksRequest list;
  list.set_page_size(4);
  const auto page = Call<v1::ListDeadTasksResponse>(&v1::JobService::Stub::ListDeadTasks, list);
  ASSERT_THAT(page.tasks(), SizeIs(4));
  EXPECT_EQ(page.tasks(0).run_id(), id);
  EXPECT_EQ(page.tasks(0).kind(), "patch");
  EXPECT_EQ(page.tasks(0).attempts(), 1);
  EXPECT_EQ(page.tasks(0).code(), "DATA_LOSS");
  EXPECT_THAT(page.tasks(0).message(), HasSubstr("FW-2001"));
  EXPECT_THAT(page.tasks(0).history(), SizeIs(1));

  mended = true;
  const auto one = Retry(id, page.tasks(0).task_id());
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(one.retried(), 1);
  EXPECT_EQ(one.run().state(), v1::UNWRAPPING);
  list.set_page_token(page.next_page_token());
  const auto rest = Call<v1::ListDeadTasksResponse>(&v1::JobService::Stub::ListDeadTasks, list);
  EXPECT_THAT(rest.tasks(), SizeIs(2)) << "a task that is retried between two pages shifts nothing";
  EXPECT_THAT(rest.next_page_token(), IsEmpty());
  Settle();
  EXPECT_EQ(Get(id).state(), v1::PARTIAL);
  Retry(id, page.tasks(0).task_id());
  EXPECT_EQ(status_.error_code(), StatusCode::NOT_FOUND);
  EXPECT_EQ(Retry(id).retried(), 5);
  Settle();
  EXPECT_EQ(Get(id).state(), v1::SUCCEEDED);
}

TEST_F(JobServiceTest, AnActiveRunWhoseQueueWasLostIsResumed) {
  const std::string id = Submit(Request("r1")).run().run_id();
  Step();
  workers_.One();
  ASSERT_THAT(queue_->Forget(id), IsOk());
  const int woken = process_.woken;
  Resume(id);
  EXPECT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(process_.woken, woken + 1);
  EXPECT_FALSE(registry_.Get(id).value().newest.has_value()) << "nothing changed for the store";
  Settle();
  EXPECT_EQ(Get(id).state(), v1::SUCCEEDED);
}

TEST_F(JobServiceTest, TwoSchedulersAskedAtOnceStartOneRun) {
  SchedulerProcess other(*queue_, *store_, MadeTime());
  for (int round = 0; round < 20; ++round) {
    const bool same_body = round % 2 == 0;
    const v1::SubmitTrackRequest here = Request(fmt::format("r{}", round), fmt::format("/data/{}a", round));
    const v1::SubmitTrackRequest there =
        same_body ? here : Request(fmt::format("r{}", round), fmt::format("/data/{}b", round));
    v1::SubmitTrackResponse answer_here, answer_there;
    std::future<grpc::Status> asked =
        std::async(std::launch::async, [&] { return other.stub().SubmitTrack(Context().get(), there, &answer_there); });
    const grpc::Status status_here = process_.stub().SubmitTrack(Context().get(), here, &answer_here);
    const grpc::Status status_there = asked.get();
    EXPECT_EQ(static_cast<int>(status_here.ok()) + static_cast<int>(status_there.ok()), same_body ? 2 : 1);
    if (same_body) {
      EXPECT_EQ(answer_here.SerializeAsString(), answer_there.SerializeAsString());
    }
    EXPECT_THAT(RunsInStore(), SizeIs(round + 1));
  }
}

}  // namespace
}  // namespace fringewatch::scheduler
