/// Speed of the queue on a real redis-server: a scheduler feeds runs, workers claim, do nothing and commit with a
/// follow-up, the scheduler waits until the done-set of every run covers its plan. Prints JSON.
///   queue_bench [ADDRESS|- [TASKS [THREADS]]]    without an address it starts a server of its own
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "common/base/hash.h"
#include "common/queue/queue.h"
#include "common/queue/redis_connection.h"
#include "common/queue/task_id.h"
#include "common/queue/worker.h"
#include "tests/support/redis_server.h"

namespace {

using namespace fringewatch;
using namespace std::chrono_literals;
using SteadyTime = std::chrono::steady_clock;

constexpr int kRuns = 4;

/// Does nothing; a first task is followed by one of the second kind.
class NoWork final : public TaskHandler {
 public:
  NoWork(std::string kind, std::string next) : kind_(std::move(kind)), next_(std::move(next)) {}
  std::string kind() const override { return kind_; }
  StatusOr<std::vector<Task>> Handle(const Task& task) override {
    if (next_.empty()) return std::vector<Task>{};
    return std::vector<Task>{
        {.task_id = FollowUpId(task.task_id, next_, 0), .run_id = task.run_id, .kind = next_, .payload = task.payload}};
  }

 private:
  std::string kind_, next_;
};

[[noreturn]] void Stop(const Status& status) {
  std::fprintf(stderr, "error: %s\n", MessageOf(status).c_str());
  std::exit(1);
}

double CpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + 1e-6 * time.tv_usec; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// CPU seconds of the server so far, from INFO.
double ServerCpuSeconds(RedisClient& client) {
  const StatusOr<RedisValue> info = client.Call({"INFO", "cpu"});
  if (!info.ok()) Stop(info.status());
  double total = 0;
  for (const char* field : {"used_cpu_sys:", "used_cpu_user:"}) {
    const size_t at = info->text.find(field);
    if (at != std::string::npos) total += std::atof(info->text.c_str() + at + std::string(field).size());
  }
  return total;
}

void Work(Queue& queue, int number, const std::atomic<bool>& stop) {
  NoWork detect("detect", "patch"), patch("patch", "");
  const std::string consumer = fmt::format("bench/{}", number);
  while (!stop) {
    const StatusOr<Turn> turn = WorkOnce(queue, {&patch, &detect}, consumer, 100ms);
    if (!turn.ok()) Stop(turn.status());
  }
}

/// Pushes the plan and returns when all of it, and what followed, is done: the scheduler's part.
void FeedAndGather(Queue& queue, int tasks) {
  const std::string payload(300, 'x');
  const int per_run = tasks / 2 / kRuns;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<Task> plan;
    for (int i = 0; i < per_run; ++i) {
      plan.push_back({.task_id = Sha256(fmt::format("{}/{}", run, i)).substr(0, 32),
                      .run_id = fmt::format("{:012x}", run),
                      .kind = "detect",
                      .payload = payload});
    }
    if (const Status pushed = queue.Push(plan); !pushed.ok()) Stop(pushed);
  }
  for (int run = 0; run < kRuns; ++run) {
    const std::string run_id = fmt::format("{:012x}", run);
    while (true) {
      const StatusOr<CountsByKind> counts = queue.Counts(run_id);
      if (!counts.ok()) Stop(counts.status());
      if (Total(*counts).done >= 2 * per_run) break;
      std::this_thread::sleep_for(20ms);
    }
    const StatusOr<std::set<std::string>> done = queue.DoneSet(run_id);
    if (!done.ok()) Stop(done.status());
    if (done->size() != static_cast<size_t>(2 * per_run)) Stop(Error(Fault::kInternal, "{} done", done->size()));
  }
}

nlohmann::json Measure(const std::string& address, int tasks, int threads) {
  const auto client = RedisClient::Create({.address = address}).value();
  if (const auto emptied = client->Call({"FLUSHALL"}); !emptied.ok()) Stop(emptied.status());
  auto queue = OpenRedisQueue({}, {.address = address});
  if (!queue.ok()) Stop(queue.status());
  std::atomic<bool> stop = false;
  std::vector<std::thread> workers;
  const double cpu_s = CpuSeconds(), server_cpu_s = ServerCpuSeconds(*client);
  const SteadyTime::time_point start = SteadyTime::now();
  for (int i = 0; i < threads; ++i) workers.emplace_back([&, i] { Work(**queue, i, stop); });
  FeedAndGather(**queue, tasks);
  const double wall_s = std::chrono::duration<double>(SteadyTime::now() - start).count();
  stop = true;
  for (std::thread& worker : workers) worker.join();
  return {{"threads", threads},
          {"tasks", tasks},
          {"tasks_per_s", tasks / wall_s},
          {"worker_ms_per_task", 1e3 * wall_s * threads / tasks},
          {"client_cpu_us_per_task", 1e6 * (CpuSeconds() - cpu_s) / tasks},
          {"redis_cpu_us_per_task", 1e6 * (ServerCpuSeconds(*client) - server_cpu_s) / tasks}};
}

}  // namespace

int main(int argc, char** argv) {
  std::unique_ptr<RedisServer> own;
  std::string address = argc > 1 ? argv[1] : "-";
  if (address == "-") {
    own = std::make_unique<RedisServer>();
    address = own->address();
  }
  const int tasks = std::max(argc > 2 ? std::atoi(argv[2]) : 40'000, 2 * kRuns) / (2 * kRuns) * (2 * kRuns);
  const std::vector<int> thread_counts = argc > 3 ? std::vector<int>{std::atoi(argv[3])} : std::vector<int>{1, 2, 4, 8};
  nlohmann::json report = {{"benchmark", "queue"}, {"runs", kRuns}, {"cases", nlohmann::json::array()}};
  for (const int threads : thread_counts) report["cases"].push_back(Measure(address, tasks, threads));
  std::printf("%s\n", report.dump(2).c_str());
  return 0;
}
