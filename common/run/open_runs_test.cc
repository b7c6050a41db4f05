#include "common/run/open_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/support/status_matchers.h"

namespace fringewatch {
namespace {

class EmptyStack final : public StackReader {
 public:
  const Track& track() const override { return track_; }
  StatusOr<PairRaster> ReadPair(int, const Window&) const override { return PairRaster{}; }
  StatusOr<Array2<float>> ReadHeight(const Window&) const override { return Array2<float>{}; }

 private:
  Track track_;
};

class OpenRunsTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* id : {"a", "b", "c"}) {
      const RunRecord record{.run_id = id, .stack_layout = std::string("layout of ") + id};
      ASSERT_THAT(store_->PutIfAbsent(RecordKey(id), ToJson(record)), IsOk());
    }
  }
  StackReopener Counting() {
    return [this](const std::string& layout) -> StatusOr<std::unique_ptr<StackReader>> {
      const std::lock_guard lock(mutex_);
      ++opened_[layout];
      return std::make_unique<EmptyStack>();
    };
  }
  std::unique_ptr<Store> store_ = OpenMemoryStore();
  std::mutex mutex_;
  std::map<std::string, int> opened_;
};

TEST_F(OpenRunsTest, OpensTheStackOfTheRecordOnce) {
  const auto runs = OpenStoredRuns(*store_, Counting());
  const auto first = runs->Open("a");
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ((*first)->record.run_id, "a");
  EXPECT_NE((*first)->stack, nullptr);
  EXPECT_EQ(runs->Open("a").value(), *first);
  EXPECT_EQ(opened_["layout of a"], 1);
}

TEST_F(OpenRunsTest, KeepsTheMostRecentlyUsed) {
  const auto runs = OpenStoredRuns(*store_, Counting(), 2);
  for (const char* id : {"a", "b", "a", "c", "a", "b"}) ASSERT_THAT(runs->Open(id), IsOk());
  EXPECT_EQ(opened_["layout of a"], 1);
  EXPECT_EQ(opened_["layout of b"], 2);
  EXPECT_EQ(opened_["layout of c"], 1);
}

TEST_F(OpenRunsTest, ARunInUseOutlivesItsPlace) {
  const auto runs = OpenStoredRuns(*store_, Counting(), 1);
  const auto kept = runs->Open("a").value();
  ASSERT_THAT(runs->Open("b"), IsOk());
  EXPECT_EQ(kept->record.run_id, "a");
  EXPECT_NE(kept->stack, nullptr);
}

TEST_F(OpenRunsTest, UnknownRunsAreUnknown) {
  const auto runs = OpenStoredRuns(*store_, Counting());
  EXPECT_THAT(runs->Open("nobody"), IsFault(Fault::kUnknownName));
  ASSERT_THAT(store_->PutIfAbsent(RecordKey("torn"), "{"), IsOk());
  EXPECT_THAT(runs->Open("torn"), IsFault(Fault::kInternal));
}

TEST_F(OpenRunsTest, AFailureIsNotKept) {
  int calls = 0;
  const auto runs = OpenStoredRuns(*store_, [&](const std::string&) -> StatusOr<std::unique_ptr<StackReader>> {
    ++calls;
    if (calls == 1) return Error(Fault::kStackEmpty, "nothing");
    if (calls == 2) throw std::runtime_error("broken library");
    return std::make_unique<EmptyStack>();
  });
  EXPECT_THAT(runs->Open("a"), IsFault(Fault::kStackEmpty));
  EXPECT_THAT(runs->Open("a"), IsFault(Fault::kInternal));
  EXPECT_THAT(runs->Open("a"), IsOk());
  EXPECT_EQ(calls, 3);
}

TEST_F(OpenRunsTest, ADroppedRunIsReadAgain) {
  const auto runs = OpenStoredRuns(*store_, Counting());
  ASSERT_THAT(runs->Open("a"), IsOk());
  runs->Drop("a");
  runs->Drop("never opened");
  ASSERT_THAT(runs->Open("a"), IsOk());
  EXPECT_EQ(opened_["layout of a"], 2);
}

TEST_F(OpenRunsTest, ManyThreadsOpenARunOnce) {
  std::promise<void> go;
  std::shared_future<void> released = go.get_future().share();
  std::atomic<int> opened = 0;
  std::promise<void> begun;
  const auto runs = OpenStoredRuns(*store_, [&](const std::string&) -> StatusOr<std::unique_ptr<StackReader>> {
    if (++opened == 1) begun.set_value();
    released.wait();
    return std::make_unique<EmptyStack>();
  });
  std::vector<std::thread> threads;
  std::atomic<int> ok = 0;
  threads.emplace_back([&] { ok += runs->Open("a").ok(); });
  begun.get_future().wait();  // from here on everybody finds it being opened
  for (int i = 0; i < 7; ++i) threads.emplace_back([&] { ok += runs->Open("a").ok(); });
  go.set_value();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ok, 8);
  EXPECT_EQ(opened, 1);
}

TEST_F(OpenRunsTest, TheOnlyRunIsTheOnlyOne) {
  const auto run = std::make_shared<const OpenRun>(OpenRun{{.run_id = "a"}, std::make_shared<EmptyStack>()});
  const auto runs = OnlyRun(run);
  EXPECT_EQ(runs->Open("a").value(), run);
  EXPECT_THAT(runs->Open("b"), IsFault(Fault::kUnknownName));
}

}  // namespace
}  // namespace fringewatch
