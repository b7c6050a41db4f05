/// A queue to test, of either implementation, and what the tests of the contract share.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/queue/queue.h"
#include "tests/support/fake_clock.h"
#include "tests/support/redis_server.h"
#include "tests/support/status_matchers.h"

namespace fringewatch {

/// A queue with a lease of kLease and kMaxAttempts attempts, and a way to let time pass.
struct QueueUnderTest {
  std::function<void(std::chrono::milliseconds)> pass_time;  ///< owns the clock, which must outlive the queue
  std::unique_ptr<Queue> queue;
};
inline constexpr auto kLease = std::chrono::seconds(10);
inline constexpr int kMaxAttempts = 3;

struct Implementation {
  const char* name;
  std::function<QueueUnderTest()> open;
};
inline void PrintTo(const Implementation& tested, std::ostream* out) { *out << tested.name; }

inline Task MakeTask(const std::string& id, const std::string& run = "run-1", const std::string& kind = "detect",
                     Priority priority = Priority::kRoutine) {
  return {.task_id = id, .run_id = run, .kind = kind, .priority = priority, .payload = "payload of " + id};
}

inline QueueUnderTest OpenMemory() {
  const auto clock = std::make_shared<FakeClock>();
  QueueUnderTest tested;
  tested.queue = OpenMemoryQueue({.lease = kLease, .max_attempts = kMaxAttempts}, *clock);
  tested.pass_time = [clock](std::chrono::milliseconds time) { clock->Advance(time); };
  return tested;
}

/// One server for all tests, emptied for each.
inline QueueUnderTest OpenRedis() {
  if (!RedisServer::Installed()) return {};
  static RedisServer server;
  server.Command({"FLUSHALL"});
  QueueUnderTest tested;
  // A window of one, so that turns are exact.
  const RedisOptions redis{.address = server.address(), .ready_window = 1};
  tested.queue = OpenRedisQueue({.lease = kLease, .max_attempts = kMaxAttempts}, redis).value();
  tested.pass_time = [](std::chrono::milliseconds time) { PassRedisTime(server, time); };
  return tested;
}

class QueueContract : public testing::TestWithParam<Implementation> {
 protected:
  void SetUp() override {
    if (tested_.queue == nullptr) GTEST_SKIP() << "redis-server is not installed: this queue is NOT tested";
  }
  Queue& queue() { return *tested_.queue; }
  void PassTime(std::chrono::milliseconds time) { tested_.pass_time(time); }

  std::optional<Lease> Claim(const std::vector<std::string>& kinds = {"detect"}, const std::string& consumer = "w1") {
    auto lease = queue().Claim(kinds, consumer, std::chrono::milliseconds(0));
    EXPECT_THAT(lease, IsOk());
    return lease.ok() ? *lease : std::nullopt;
  }
  /// Claims everything there is, in order.
  std::vector<std::string> ClaimAll(const std::vector<std::string>& kinds = {"detect"}) {
    std::vector<std::string> ids;
    while (const auto lease = Claim(kinds)) ids.push_back(lease->task.task_id);
    return ids;
  }
  TaskCounts Counts(const std::string& run = "run-1") { return Total(queue().Counts(run).value()); }

 private:
  QueueUnderTest tested_ = GetParam().open();
};

}  // namespace fringewatch
