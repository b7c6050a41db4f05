/// What only the Redis queue must do: outlive its server, its connections and other people's hands.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <sstream>
#include <thread>

#include "common/queue/queue.h"
#include "common/queue/redis_scripts.h"
#include "tests/support/redis_server.h"
#include "tests/support/status_matchers.h"

namespace fringewatch {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr auto kLease = 10s;
constexpr char kDetectLine[] = "fringewatch:line:detect:routine";

Task MakeTask(const std::string& id, const std::string& run = "run-1", const std::string& kind = "detect") {
  return {.task_id = id, .run_id = run, .kind = kind, .payload = "payload of " + id};
}

std::vector<Task> MakeTasks(int count) {
  std::vector<Task> tasks;
  for (int i = 0; i < count; ++i) tasks.push_back(MakeTask(fmt::format("t{}", i)));
  return tasks;
}

/// The command that makes the user of deploy/local/redis.acl, with a password.
std::vector<std::string> ShippedRights(const std::string& password) {
  std::ifstream file(FRINGEWATCH_REDIS_ACL);
  std::vector<std::string> command = {"ACL", "SETUSER"};
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("user ")) continue;
    std::istringstream words(line.substr(line.find(' ')));
    for (std::string word; words >> word;) command.push_back(word == "#PASSWORD_SHA256" ? ">" + password : word);
  }
  EXPECT_THAT(command, Contains(">" + password)) << FRINGEWATCH_REDIS_ACL;
  return command;
}

class RedisQueueTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!RedisServer::Installed()) GTEST_SKIP() << "redis-server is not installed: the Redis queue is NOT tested";
    StartServer({});
  }
  void StartServer(RedisServerOptions options) {
    server_ = std::make_unique<RedisServer>(std::move(options));
    queue_ = Open({});
  }
  std::unique_ptr<Queue> Open(RedisOptions redis) {
    redis.address = server_->address();
    return OpenRedisQueue({.lease = kLease, .max_attempts = 3}, redis).value();
  }
  RedisServer& server() { return *server_; }
  Queue& queue() { return *queue_; }
  std::optional<Lease> Claim(const std::string& consumer = "w1") {
    auto lease = queue().Claim({"detect"}, consumer, 0ms);
    EXPECT_THAT(lease, IsOk());
    return lease.ok() ? *lease : std::nullopt;
  }
  long StreamLength() { return server().Command({"XLEN", kDetectLine}).integer; }
  /// The group's lag as Redis tells it; -1 when it cannot.
  long Lag() {
    const RedisValue groups = server().Command({"XINFO", "GROUPS", kDetectLine});
    const std::vector<RedisValue>& fields = groups.items.at(0).items;
    for (size_t i = 0; i + 1 < fields.size(); i += 2) {
      if (fields[i].text == "lag") return fields[i + 1].type == RedisValue::Type::kInteger ? fields[i + 1].integer : -1;
    }
    return -1;
  }
  /// Returns when a client waits in a blocking read.
  void AwaitBlockedClient() {
    while (server().Command({"INFO", "clients"}).text.find("blocked_clients:0") != std::string::npos) {
      std::this_thread::yield();
    }
  }

 private:
  std::unique_ptr<RedisServer> server_;
  std::unique_ptr<Queue> queue_;
};

TEST_F(RedisQueueTest, ARestartedServerWithAppendOnlyFileKeepsEverything) {
  StartServer({.append_only = true});
  ASSERT_THAT(queue().Push(MakeTasks(4)), IsOk());
  const auto done = Claim(), kept = Claim();
  ASSERT_TRUE(done && kept);
  ASSERT_THAT(queue().Commit(*done, {}), IsOk());
  server().Kill();
  server().Start();
  EXPECT_THAT(queue().DoneSet("run-1").value(), ElementsAre("t0"));
  EXPECT_THAT(queue().Commit(*kept, {}), IsOk());
  EXPECT_EQ(Claim()->task.task_id, "t2");
  EXPECT_EQ(Claim()->task.task_id, "t3");
  EXPECT_FALSE(Claim());
}

TEST_F(RedisQueueTest, AWipedServerIsAnEmptyQueue) {
  ASSERT_THAT(queue().Push(MakeTasks(2)), IsOk());
  const auto lease = Claim();
  ASSERT_TRUE(lease);
  server().Command({"FLUSHALL"});
  EXPECT_THAT(queue().ExtendLease(*lease), IsFault(Fault::kLeaseLost));
  EXPECT_THAT(queue().Commit(*lease, {}), IsFault(Fault::kLeaseLost));
  EXPECT_THAT(queue().Fail(*lease, Error(Fault::kInternal, "late")), IsFault(Fault::kLeaseLost));
  EXPECT_FALSE(Claim());
  EXPECT_THAT(queue().Runs().value(), IsEmpty());
  ASSERT_THAT(queue().Push(MakeTasks(2)), IsOk());
  EXPECT_THAT(queue().Commit(*lease, {}), IsFault(Fault::kLeaseLost));
  const auto again = Claim();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->task.attempt, 1);
  EXPECT_THAT(queue().Commit(*again, {}), IsOk());
}

TEST_F(RedisQueueTest, AWaitingClaimOutlivesAWipeARestartAndAKilledConnection) {
  const std::vector<std::function<void()>> blows = {
      [this] { server().Command({"FLUSHALL"}); },
      [this] {
        server().Kill();
        server().Start();
      },
      [this] {
        server().Command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
      },
      [this] {
        server().Command({"SCRIPT", "FLUSH"});
      }};
  int blow = 0;
  for (const auto& strike : blows) {
    auto claim = std::async(std::launch::async, [this] { return queue().Claim({"detect"}, "w1", 60s); });
    AwaitBlockedClient();
    strike();
    ASSERT_THAT(Open({})->Push({MakeTask(fmt::format("after-{}", ++blow))}), IsOk());
    const auto lease = claim.get();
    ASSERT_THAT(lease, IsOk());
    ASSERT_TRUE(*lease);
    EXPECT_THAT(queue().Commit(**lease, {}), IsOk());
  }
}

TEST_F(RedisQueueTest, AnEntryDeletedWhilePendingIsNotLost) {
  ASSERT_THAT(queue().Push({MakeTask("a")}), IsOk());
  const auto lease = Claim();
  ASSERT_TRUE(lease);
  server().Command({"XDEL", kDetectLine, lease->receipt.substr(0, lease->receipt.find(' '))});
  PassRedisTime(server(), kLease);
  const auto second = Claim("w2");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->task.task_id, "a");
  EXPECT_EQ(second->task.attempt, 2);
  EXPECT_EQ(server().Command({"XPENDING", kDetectLine, "workers"}).items.at(0).integer, 1);
  EXPECT_THAT(queue().Commit(*lease, {}), IsFault(Fault::kLeaseLost));
  EXPECT_THAT(queue().Commit(*second, {}), IsOk());
  EXPECT_EQ(Total(queue().Counts("run-1").value()).done, 1);
}

TEST_F(RedisQueueTest, AnEntryOfAnUnknownRunIsSkipped) {
  ASSERT_THAT(queue().Push({MakeTask("a")}), IsOk());
  ASSERT_THAT(queue().Commit(*Claim(), {}), IsOk());
  server().Command({"XADD", kDetectLine, "*", "run", "ghost", "task", "x"});
  EXPECT_FALSE(Claim());
  EXPECT_EQ(server().Command({"XPENDING", kDetectLine, "workers"}).items.at(0).integer, 0);
}

TEST_F(RedisQueueTest, ManyThreadsOnTwoQueuesCommitEveryTaskOnce) {
  constexpr int kTasks = 1000, kWorkers = 4;
  const auto other = Open({.ready_window = 3});
  std::map<std::string, std::atomic<int>> worked;
  for (int i = 0; i < kTasks; ++i) worked[fmt::format("t{}", i)], worked[fmt::format("pt{}", i)];
  std::atomic<int> left = 2 * kTasks;
  std::vector<std::thread> workers;
  for (int w = 0; w < kWorkers; ++w) {
    workers.emplace_back([&, w, queue = w % 2 == 0 ? &queue() : other.get()] {
      while (left > 0) {
        const auto lease = queue->Claim({"patch", "detect"}, fmt::format("w{}", w), 100ms);
        ASSERT_THAT(lease, IsOk());
        if (!*lease) continue;
        const Task& task = (*lease)->task;
        ++worked.at(task.task_id);
        std::vector<Task> follow_ups;
        if (task.kind == "detect") follow_ups.push_back(MakeTask("p" + task.task_id, "run-1", "patch"));
        ASSERT_THAT(queue->Commit(**lease, follow_ups), IsOk());
        --left;
      }
    });
  }
  ASSERT_THAT(queue().Push(MakeTasks(kTasks)), IsOk());  // while the workers are already waiting
  for (std::thread& worker : workers) worker.join();
  for (const auto& [id, times] : worked) EXPECT_EQ(times, 1) << id;
  EXPECT_EQ(queue().DoneSet("run-1").value().size(), size_t{2 * kTasks});
}

TEST_F(RedisQueueTest, ConnectionsKilledAgainAndAgainLoseNoTask) {
  constexpr int kTasks = 300;
  ASSERT_THAT(queue().Push(MakeTasks(kTasks)), IsOk());
  std::atomic<bool> done = false;
  std::thread killer([&] {
    const auto client = RedisClient::Create({.address = server().address()}).value();
    while (!done) {
      (void)client->Call({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
      for (int i = 0; i < 20 && !done; ++i) (void)client->Call({"PING"});  // lets the others work a little
    }
  });
  std::map<std::string, int> committed;
  while (const auto lease = Claim()) {
    EXPECT_EQ(lease->task.attempt, 1) << "an answer was lost, and with it the lease";
    if (queue().Commit(*lease, {}).ok()) ++committed[lease->task.task_id];
  }
  done = true;
  killer.join();
  EXPECT_THAT(committed, SizeIs(kTasks));
  EXPECT_EQ(queue().DoneSet("run-1").value().size(), size_t{kTasks});
}

TEST_F(RedisQueueTest, ACallWhoseAnswerWasLostFindsWhatItDid) {
  ASSERT_THAT(queue().Push(MakeTasks(2)), IsOk());
  std::vector<std::string> claim = {
      "EVAL",  redis_scripts::Claim().text, "0", "fringewatch:", "64", "10000", "3", "0", "w1", "nonce-1", "4", "ended",
      "detect"};
  const RedisValue first = server().Command(claim);
  claim[7] = "1";
  const RedisValue again = server().Command(claim);
  ASSERT_THAT(first.items, SizeIs(9));
  ASSERT_THAT(again.items, SizeIs(9));
  EXPECT_EQ(first.items[1].text, again.items[1].text);
  EXPECT_EQ(Total(queue().Counts("run-1").value()).leased, 1);
  std::vector<std::string> commit = {
      "EVAL", redis_scripts::Commit().text, "0", "fringewatch:", "64",     "10000",   "3",     "0",
      "w1",   first.items[1].text,          "1", "nonce-1",      "detect", "routine", "run-1", "t0"};
  EXPECT_EQ(server().Command(commit).integer, 1);
  EXPECT_EQ(server().Command(commit).integer, 0);
  commit[7] = "1";
  EXPECT_EQ(server().Command(commit).integer, 1);
}

TEST_F(RedisQueueTest, AWrongPasswordIsSaidAtOnce) {
  StartServer({.password = "right"});
  EXPECT_THAT(Open({.password = "right"})->Push({MakeTask("a")}), IsOk());
  for (const RedisOptions& wrong : {RedisOptions{}, {.password = "wrong"}, {.user = "nobody", .password = "right"}}) {
    const Status refused = Open(wrong)->Push({MakeTask("a")});
    EXPECT_THAT(refused, IsFault(Fault::kNoToken));
    EXPECT_THAT(MessageOf(refused), HasSubstr("redis.password_file"));
    EXPECT_THAT(MessageOf(refused), Not(HasSubstr("wrong")));
  }
}

TEST_F(RedisQueueTest, AUserWithOnlyTheStatedRightsCanDoEverything) {
  server().Command(ShippedRights("secret"));
  const auto limited = Open({.user = "fringewatch", .password = "secret", .ready_window = 1});
  const auto claim = [&limited] { return limited->Claim({"detect"}, "w1", 10ms).value(); };
  ASSERT_THAT(limited->Push({MakeTask("a"), MakeTask("b"), MakeTask("c"), MakeTask("d"), MakeTask("e", "run-2")}),
              IsOk());
  ASSERT_THAT(limited->Commit(*claim(), {MakeTask("p", "run-1", "patch")}), IsOk());
  ASSERT_THAT(limited->Return(*claim()), IsOk());
  const auto lease = claim();
  ASSERT_TRUE(lease);
  ASSERT_THAT(limited->ExtendLease(*lease), IsOk());
  PassRedisTime(server(), kLease);
  const auto taken_over = claim();
  ASSERT_TRUE(taken_over);
  EXPECT_EQ(taken_over->task.attempt, 2);
  ASSERT_THAT(limited->Fail(*taken_over, Error(Fault::kRasterTruncated, "x.tif")), IsOk());
  ASSERT_THAT(limited->DeadTasks("run-1").value(), SizeIs(1));
  ASSERT_THAT(limited->Retry("run-1", taken_over->task.task_id), IsOk());
  EXPECT_THAT(limited->Runs(), IsOk());
  EXPECT_THAT(limited->KnownSet("run-1"), IsOk());
  EXPECT_THAT(limited->DoneSet("run-1"), IsOk());
  EXPECT_THAT(limited->Counts("run-1"), IsOk());
  EXPECT_THAT(limited->Lines(), IsOk());
  EXPECT_THAT(limited->Forget("run-1"), IsOk());
  while (claim()) {
  }
  EXPECT_THAT(limited->Leave("w1"), IsOk());
  const auto outside = Open({.user = "fringewatch", .password = "secret", .prefix = "other:"});
  EXPECT_THAT(outside->Push({MakeTask("a")}), IsFault(Fault::kForbidden));
}

TEST_F(RedisQueueTest, TheLagIsKnownAtEveryStep) {
  ASSERT_THAT(queue().Push(MakeTasks(5)), IsOk());
  EXPECT_EQ(Lag(), 5);
  const auto older = Claim("w1"), newer = Claim("w2");
  ASSERT_TRUE(older && newer);
  EXPECT_EQ(Lag(), 3);
  ASSERT_THAT(queue().Commit(*newer, {}), IsOk());  // the last delivered, while an older one is pending
  EXPECT_EQ(Lag(), 3);
  ASSERT_THAT(queue().Commit(*older, {}), IsOk());
  EXPECT_EQ(Lag(), 3);
  ASSERT_THAT(queue().Return(*Claim()), IsOk());
  EXPECT_EQ(Lag(), 3);
  ASSERT_THAT(queue().Push({MakeTask("other", "run-2")}), IsOk());
  ASSERT_THAT(queue().Forget("run-1"), IsOk());
  EXPECT_EQ(Lag(), 1);
  ASSERT_THAT(queue().Commit(*Claim(), {}), IsOk());
  EXPECT_EQ(Lag(), 0);
  EXPECT_LE(StreamLength(), 1);
}

TEST_F(RedisQueueTest, AForgottenRunLeavesNoKeyBehind) {
  const auto queue = Open({.ready_window = 2});
  std::vector<Task> tasks = MakeTasks(8);
  tasks.push_back(MakeTask("fast"));
  tasks.back().priority = Priority::kEmergency;
  ASSERT_THAT(queue->Push(tasks), IsOk());
  for (int i = 0; i < 2; ++i) ASSERT_THAT(queue->Commit(**queue->Claim({"detect"}, "w1", 0ms), {}), IsOk());
  ASSERT_THAT(queue->Fail(**queue->Claim({"detect"}, "w1", 0ms), Error(Fault::kRasterTruncated, "x")), IsOk());
  ASSERT_TRUE(queue->Claim({"detect"}, "w1", 0ms).value());
  ASSERT_THAT(queue->Forget("run-1"), IsOk());
  for (const RedisValue& key : server().Command({"KEYS", "*"}).items) {
    EXPECT_THAT(key.text, Not(HasSubstr("run-1")));
    if (key.text.ends_with(":leases") || key.text.ends_with(":turns") || key.text.ends_with(":served")) {
      ADD_FAILURE() << key.text << " holds something";
    }
  }
  EXPECT_EQ(server().Command({"XPENDING", kDetectLine, "workers"}).items.at(0).integer, 0);
  EXPECT_EQ(Lag(), 0);
}

TEST_F(RedisQueueTest, OnlyAWindowOfTasksLiesInTheStream) {
  constexpr int kTasks = 2000;
  ASSERT_THAT(queue().Push(MakeTasks(kTasks)), IsOk());
  EXPECT_EQ(StreamLength(), 64);
  EXPECT_EQ(Total(queue().Counts("run-1").value()).queued, kTasks);
  EXPECT_EQ(queue().Lines().value().at(0).queued, kTasks);
  const auto lease = Claim();
  ASSERT_TRUE(lease);
  EXPECT_EQ(Lag(), 64);
  EXPECT_EQ(lease->task.task_id, "t0");
}

TEST_F(RedisQueueTest, AConsumerIsStruckOffOnlyWhenItHoldsNothing) {
  const auto consumers = [this] {
    return server().Command({"XINFO", "CONSUMERS", kDetectLine, "workers"}).items.size();
  };
  ASSERT_THAT(queue().Push({MakeTask("a")}), IsOk());
  const auto lease = Claim("w1");
  ASSERT_TRUE(lease);
  ASSERT_THAT(queue().Leave("w1"), IsOk());
  EXPECT_EQ(consumers(), 1);
  ASSERT_THAT(queue().Commit(*lease, {}), IsOk());
  ASSERT_THAT(queue().Leave("w1"), IsOk());
  EXPECT_EQ(consumers(), 0);
}

TEST_F(RedisQueueTest, AServerThatIsAwayIsSaidAfterTheTimeout) {
  const auto queue = Open({.timeout = 200ms});
  server().Stop();
  const Status away = queue->Push({MakeTask("a")});
  EXPECT_THAT(away, IsFault(Fault::kServiceAway));
  EXPECT_THAT(MessageOf(away), HasSubstr(server().address()));
  server().Start();
  EXPECT_THAT(queue->Push({MakeTask("a")}), IsOk());
}

TEST(RedisQueueOptions, BadOnesAreRefused) {
  for (const char* address :
       {"", "localhost", ":6379", "localhost:", "localhost:0", "localhost:65536", "localhost:x"}) {
    EXPECT_THAT(OpenRedisQueue({}, {.address = address}).status(), IsFault(Fault::kBadOption)) << address;
  }
  EXPECT_THAT(OpenRedisQueue({}, {.ready_window = 0}).status(), IsFault(Fault::kBadOption));
  EXPECT_THAT(OpenRedisQueue({.max_attempts = 0}, {}).status(), IsFault(Fault::kBadOption));
  EXPECT_THAT(OpenRedisQueue({.lease = 0ms}, {}).status(), IsFault(Fault::kBadOption));
}

}  // namespace
}  // namespace fringewatch
