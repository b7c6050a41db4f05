/// What JobService lists and streams.
#include <functional>
#include <memory>

#include "common/service/shutdown.h"
#include "services/scheduler/app/test_scheduler_process.h"

namespace fringewatch::scheduler {
namespace {

using grpc::StatusCode;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using JobListsTest = JobServiceTest;

TEST_F(JobListsTest, RunsAreListedPageByPage) {
  std::vector<std::string> newest_first;
  for (int i = 0; i < 7; ++i) {
    newest_first.insert(newest_first.begin(),
                        Submit(Request(fmt::format("r{}", i), fmt::format("/data/{}", i))).run().run_id());
  }
  Cancel(newest_first[2]);
  const auto list = [this](const v1::ListRunsRequest& request) {
    return Call<v1::ListRunsResponse>(&v1::JobService::Stub::ListRuns, request);
  };
  v1::ListRunsRequest request;
  request.set_page_size(3);
  std::vector<std::string> listed;
  std::vector<int> sizes;
  do {
    const auto page = list(request);
    ASSERT_TRUE(status_.ok()) << status_.error_message();
    for (const v1::Run& run : page.runs()) listed.push_back(run.run_id());
    sizes.push_back(page.runs_size());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(listed, newest_first);
  EXPECT_THAT(sizes, ElementsAre(3, 3, 1));

  request.set_page_token(list(request).next_page_token());
  request.add_states(v1::CANCELLED);
  list(request);
  EXPECT_EQ(status_.error_code(), StatusCode::OUT_OF_RANGE) << "the token belongs to the list of all states";
  request.clear_page_token();
  const auto cancelled = list(request);
  ASSERT_THAT(cancelled.runs(), SizeIs(1));
  EXPECT_EQ(cancelled.runs(0).run_id(), newest_first[2]);
  EXPECT_THAT(cancelled.next_page_token(), IsEmpty());
  request.clear_states();
  request.set_track("4");
  EXPECT_THAT(list(request).runs(), SizeIs(1));
  request.set_page_size(1001);
  list(request);
  EXPECT_EQ(status_.error_code(), StatusCode::INVALID_ARGUMENT);
}

/// A client that watches a run in a thread of its own.
class Watcher {
 public:
  Watcher(v1::JobService::Stub& stub, const std::string& run_id) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    v1::WatchRunRequest request;
    request.set_run_id(run_id);
    reader_ = stub.WatchRun(&context_, request);
  }
  /// Reads until a message pleases; false when the stream ended before.
  bool Await(const std::function<bool(const v1::RunProgress&)>& pleases) {
    v1::RunProgress message;
    while (reader_->Read(&message)) {
      seen.push_back(message);
      if (pleases(message)) return true;
    }
    return false;
  }
  bool Await(v1::RunState state) {
    return Await([state](const v1::RunProgress& progress) { return progress.run().state() == state; });
  }
  grpc::Status Finish() { return reader_->Finish(); }
  void HangUp() { context_.TryCancel(); }
  std::vector<v1::RunProgress> seen;

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::RunProgress>> reader_;
};

TEST_F(JobListsTest, AWatcherSeesARunToItsEnd) {
  const std::string id = Submit(Request("r1")).run().run_id();
  Watcher watcher(process_.stub(), id);
  ASSERT_TRUE(watcher.Await(v1::QUEUED));
  Step();
  workers_.One({"detect"});
  ASSERT_TRUE(watcher.Await([](const auto& progress) { return progress.tiles().done() == 1; }));
  EXPECT_EQ(watcher.seen.back().tiles().total(), 6);
  while (workers_.One({"detect"})) {
  }
  ASSERT_TRUE(watcher.Await(v1::UNWRAPPING));
  while (workers_.One({"patch", "site"})) {
  }
  ASSERT_TRUE(watcher.Await(v1::AGGREGATING));
  EXPECT_TRUE(watcher.seen.back().has_eta());
  Settle();
  ASSERT_TRUE(watcher.Await(v1::SUCCEEDED));
  EXPECT_TRUE(watcher.Finish().ok());
  const v1::RunProgress& last = watcher.seen.back();
  EXPECT_EQ(last.tiles().done(), 6) << "also after the queue has forgotten the run";
  EXPECT_EQ(last.patches().done(), 6);
  EXPECT_EQ(last.patches().total(), 6);
  EXPECT_EQ(last.sites(), 6);
  EXPECT_FALSE(last.has_eta());
  for (size_t i = 1; i < watcher.seen.size(); ++i) {
    EXPECT_NE(watcher.seen[i].SerializeAsString(), watcher.seen[i - 1].SerializeAsString());
  }
}

TEST_F(JobListsTest, AWatchedRunThatHasEndedIsToldOnce) {
  const std::string id = Submit(Request("r1")).run().run_id();
  Cancel(id);
  Watcher watcher(process_.stub(), id);
  EXPECT_FALSE(watcher.Await(v1::SUCCEEDED));
  EXPECT_TRUE(watcher.Finish().ok());
  ASSERT_THAT(watcher.seen, SizeIs(1));
  EXPECT_EQ(watcher.seen[0].run().state(), v1::CANCELLED);
  Watcher nobody(process_.stub(), "0123456789ab");
  EXPECT_FALSE(nobody.Await(v1::SUCCEEDED));
  EXPECT_EQ(nobody.Finish().error_code(), StatusCode::NOT_FOUND);
}

TEST_F(JobListsTest, AWatchEndsWithItsClientAndWithTheProcess) {
  const std::string id = Submit(Request("r1")).run().run_id();
  Watcher gone(process_.stub(), id);
  ASSERT_TRUE(gone.Await(v1::QUEUED));
  gone.HangUp();
  EXPECT_EQ(gone.Finish().error_code(), StatusCode::CANCELLED);
  Watcher drained(process_.stub(), id);
  ASSERT_TRUE(drained.Await(v1::QUEUED));
  service::AskToDrain();
  EXPECT_FALSE(drained.Await(v1::SUCCEEDED));
  EXPECT_EQ(drained.Finish().error_code(), StatusCode::UNAVAILABLE);
  service::ForgetDraining();
}

}  // namespace
}  // namespace fringewatch::scheduler
