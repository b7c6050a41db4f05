/// The leased queue on Redis Streams. Every operation is one Lua script (redis_scripts.h); this file speaks to them.
/// Why it is built so: docs/adr/0008-queue-on-redis-streams.md.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <random>

#include "common/base/retry.h"
#include "common/queue/queue.h"
#include "common/queue/redis_connection.h"
#include "common/queue/redis_scripts.h"
#include "common/queue/task_rules.h"

namespace fringewatch {
namespace {

using Arguments = std::vector<std::string>;
using Milliseconds = std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock;

constexpr Milliseconds kLongestBlock{1000};  ///< so that a draining worker notices soon
constexpr size_t kPushBatch = 500;           ///< tasks per script: Redis serves nobody else meanwhile

Priority PriorityOf(const std::string& name) {
  return name == NameOf(Priority::kEmergency) ? Priority::kEmergency : Priority::kRoutine;
}

void Append(const Task& task, Arguments& arguments) {
  arguments.insert(arguments.end(), {task.task_id, task.run_id, task.kind, NameOf(task.priority), task.payload});
}

std::set<std::string> Texts(const RedisValue& list) {
  std::set<std::string> texts;
  for (const RedisValue& item : list.items) texts.insert(item.text);
  return texts;
}

Status Unexpected(const char* script) {
  return Error(Fault::kInternal, "Redis answered script {} in a form that this version does not know", script);
}

/// What a claim script gives when nothing is there: how long, and on which streams, to wait.
struct Pause {
  Milliseconds next_lease_end{-1};  ///< negative: no lease runs
  Arguments streams, last_ids;
};

class RedisQueue final : public Queue {
 public:
  RedisQueue(const QueueOptions& options, const RedisOptions& redis, std::unique_ptr<RedisClient> client)
      : options_(options),
        redis_(redis),
        client_(std::move(client)),
        nonce_(fmt::format("{:08x}{:08x}", std::random_device{}(), std::random_device{}())) {}

  Status Push(const std::vector<Task>& tasks) override {
    FW_RETURN_IF_ERROR(CheckTasks(tasks));
    for (size_t first = 0; first < tasks.size(); first += kPushBatch) {
      Arguments arguments;
      const size_t end = std::min(tasks.size(), first + kPushBatch);
      for (size_t i = first; i < end; ++i) Append(tasks[i], arguments);
      FW_RETURN_IF_ERROR(Run(redis_scripts::Push(), arguments).status());
    }
    return {};
  }

  StatusOr<std::optional<Lease>> Claim(const std::vector<std::string>& kinds, const std::string& consumer,
                                       Milliseconds wait) override {
    const SteadyTime::time_point give_up = SteadyTime::now() + wait;
    while (true) {
      Pause pause;
      FW_ASSIGN_OR_RETURN(std::optional<Lease> lease, ClaimNow(kinds, consumer, pause));
      const auto left = std::chrono::ceil<Milliseconds>(give_up - SteadyTime::now());
      if (lease || left.count() <= 0) return lease;
      FW_RETURN_IF_ERROR(AwaitEntry(pause, left));
    }
  }

  Milliseconds lease_time() const override { return options_.lease; }

  Status ExtendLease(const Lease& lease) override { return RunAsOwner(redis_scripts::Extend(), lease, {}); }

  Status Commit(const Lease& lease, const std::vector<Task>& follow_ups) override {
    FW_RETURN_IF_ERROR(CheckTasks(follow_ups));
    Arguments more;
    for (const Task& task : follow_ups) Append(task, more);
    return RunAsOwner(redis_scripts::Commit(), lease, more);
  }

  Status Fail(const Lease& lease, const Status& why) override {
    return RunAsOwner(redis_scripts::Fail(), lease,
                      {fmt::format("{}", static_cast<int>(why.code())), ReasonOf(why), IsRetryable(why) ? "1" : "0"});
  }

  Status Return(const Lease& lease) override { return RunAsOwner(redis_scripts::Return(), lease, {}); }

  Status Retry(const std::string& run_id, const std::string& task_id) override {
    FW_ASSIGN_OR_RETURN(const RedisValue answer, Run(redis_scripts::Retry(), {run_id, task_id}));
    return answer.integer == 1 ? Status() : TaskNotDead(run_id, task_id);
  }

  Status Forget(const std::string& run_id) override { return Run(redis_scripts::Forget(), {run_id}).status(); }

  StatusOr<std::vector<std::string>> Runs() const override {
    FW_ASSIGN_OR_RETURN(const RedisValue runs, client_->Call({"SMEMBERS", redis_.prefix + "runs"}));
    const std::set<std::string> sorted = Texts(runs);
    return std::vector<std::string>(sorted.begin(), sorted.end());
  }

  StatusOr<std::set<std::string>> KnownSet(const std::string& run_id) const override {
    FW_ASSIGN_OR_RETURN(const RedisValue known, Run(redis_scripts::Known(), {run_id}));
    if (known.items.size() != 2) return Unexpected("Known");
    std::set<std::string> ids = Texts(known.items[0]);
    ids.merge(Texts(known.items[1]));
    return ids;
  }

  StatusOr<std::set<std::string>> DoneSet(const std::string& run_id) const override {
    FW_ASSIGN_OR_RETURN(const RedisValue done, client_->Call({"SMEMBERS", redis_.prefix + "done:" + run_id}));
    return Texts(done);
  }

  StatusOr<std::vector<DeadTask>> DeadTasks(const std::string& run_id) const override;
  StatusOr<CountsByKind> Counts(const std::string& run_id) const override;
  StatusOr<std::vector<LineState>> Lines() const override;

  Status Leave(const std::string& consumer) override { return Run(redis_scripts::Leave(), {consumer}).status(); }

 private:
  /// Runs a script by its hash, or by its text on a server that has not seen it yet.
  StatusOr<RedisValue> Run(const RedisScript& script, const Arguments& own) const;
  /// Runs a script whose arguments begin with the lease. \error kLeaseLost
  Status RunAsOwner(const RedisScript& script, const Lease& lease, const Arguments& more);
  StatusOr<std::optional<Lease>> ClaimNow(const std::vector<std::string>& kinds, const std::string& consumer,
                                          Pause& pause);
  /// Waits for an entry that the streams did not have at the time of the claim. Every waiting client wakes up, and
  /// asks by script: the order of priorities is decided there.
  Status AwaitEntry(const Pause& pause, Milliseconds left);

  const QueueOptions options_;
  const RedisOptions redis_;
  const std::unique_ptr<RedisClient> client_;
  const std::string nonce_;
  std::atomic<uint64_t> claims_ = 0;
};

StatusOr<RedisValue> RedisQueue::Run(const RedisScript& script, const Arguments& own) const {
  constexpr size_t kAgain = 7;
  Arguments command = {"EVALSHA",
                       script.sha1,
                       "0",
                       redis_.prefix,
                       fmt::format("{}", redis_.ready_window),
                       fmt::format("{}", options_.lease.count()),
                       fmt::format("{}", options_.max_attempts),
                       "0"};
  command.insert(command.end(), own.begin(), own.end());
  FW_ASSIGN_OR_RETURN(RedisValue answer, client_->CallMarked(command, kAgain));
  if (answer.type != RedisValue::Type::kError) return answer;
  command[0] = "EVAL";  // the server was started anew, or never saw the script
  command[1] = script.text;
  return client_->CallMarked(command, kAgain);
}

Status RedisQueue::RunAsOwner(const RedisScript& script, const Lease& lease, const Arguments& more) {
  // Receipt: entry id, deliveries, nonce of the claim.
  const size_t first = lease.receipt.find(' '), second = lease.receipt.rfind(' ');
  if (first == std::string::npos || first == second) return LeaseLost(lease);
  Arguments arguments = {lease.consumer,
                         lease.receipt.substr(0, first),
                         lease.receipt.substr(first + 1, second - first - 1),
                         lease.receipt.substr(second + 1),
                         lease.task.kind,
                         NameOf(lease.task.priority),
                         lease.task.run_id,
                         lease.task.task_id};
  arguments.insert(arguments.end(), more.begin(), more.end());
  FW_ASSIGN_OR_RETURN(const RedisValue answer, Run(script, arguments));
  return answer.integer == 1 ? Status() : LeaseLost(lease);
}

StatusOr<std::optional<Lease>> RedisQueue::ClaimNow(const std::vector<std::string>& kinds, const std::string& consumer,
                                                    Pause& pause) {
  const Status ended = LeaseEnded(options_.lease);
  const std::string nonce = fmt::format("{}.{}", nonce_, ++claims_);
  Arguments arguments = {consumer, nonce, fmt::format("{}", static_cast<int>(ended.code())), MessageOf(ended)};
  arguments.insert(arguments.end(), kinds.begin(), kinds.end());
  FW_ASSIGN_OR_RETURN(const RedisValue answer, Run(redis_scripts::Claim(), arguments));
  const std::vector<RedisValue>& items = answer.items;
  if (items.size() >= 2 && items[0].integer == 0) {
    pause.next_lease_end = Milliseconds(items[1].integer);
    for (size_t i = 2; i + 1 < items.size(); i += 2) {
      pause.streams.push_back(items[i].text);
      pause.last_ids.push_back(items[i + 1].text);
    }
    return std::nullopt;
  }
  if (items.size() != 9) return Unexpected("Claim");
  Lease lease{.consumer = consumer, .receipt = fmt::format("{} {} {}", items[1].text, items[2].integer, nonce)};
  lease.task = {.task_id = items[6].text,
                .run_id = items[5].text,
                .kind = items[3].text,
                .attempt = static_cast<int>(items[8].integer),
                .priority = PriorityOf(items[4].text),
                .payload = items[7].text};
  return lease;
}

Status RedisQueue::AwaitEntry(const Pause& pause, Milliseconds left) {
  Milliseconds block = std::min({left, kLongestBlock, redis_.timeout / 2});
  if (pause.next_lease_end.count() >= 0) block = std::min(block, pause.next_lease_end);
  Arguments command = {"XREAD", "COUNT", "1", "BLOCK", fmt::format("{}", std::max<long>(block.count(), 1)), "STREAMS"};
  command.insert(command.end(), pause.streams.begin(), pause.streams.end());
  command.insert(command.end(), pause.last_ids.begin(), pause.last_ids.end());
  return client_->Call(std::move(command)).status();
}

StatusOr<std::vector<DeadTask>> RedisQueue::DeadTasks(const std::string& run_id) const {
  FW_ASSIGN_OR_RETURN(const RedisValue answer, Run(redis_scripts::Dead(), {run_id}));
  std::vector<DeadTask> dead;
  for (const RedisValue& row : answer.items) {
    const std::vector<RedisValue>& field = row.items;
    if (field.size() < 7) return Unexpected("Dead");
    DeadTask& task = dead.emplace_back();
    task.task = {.task_id = field[0].text,
                 .run_id = run_id,
                 .kind = field[1].text,
                 .attempt = static_cast<int>(field[4].integer),
                 .priority = PriorityOf(field[2].text),
                 .payload = field[3].text};
    task.status = Status(static_cast<StatusCode>(field[5].integer), field[6].text);
    for (size_t i = 7; i < field.size(); ++i) task.history.push_back(field[i].text);
  }
  return dead;
}

StatusOr<CountsByKind> RedisQueue::Counts(const std::string& run_id) const {
  FW_ASSIGN_OR_RETURN(const RedisValue answer, client_->Call({"HGETALL", redis_.prefix + "counts:" + run_id}));
  CountsByKind by_kind;
  for (size_t i = 0; i + 1 < answer.items.size(); i += 2) {
    const std::string& field = answer.items[i].text;
    const std::string& number = answer.items[i + 1].text;
    const std::string state = field.substr(0, field.find(':'));
    TaskCounts& counts = by_kind[field.substr(state.size() + 1)];
    long& count = state == "queued"   ? counts.queued
                  : state == "leased" ? counts.leased
                  : state == "done"   ? counts.done
                                      : counts.dead;
    std::from_chars(number.data(), number.data() + number.size(), count);
  }
  return by_kind;
}

StatusOr<std::vector<LineState>> RedisQueue::Lines() const {
  FW_ASSIGN_OR_RETURN(const RedisValue answer, Run(redis_scripts::Lines(), {}));
  std::vector<LineState> lines;
  for (const RedisValue& row : answer.items) {
    if (row.items.size() != 5) return Unexpected("Lines");
    lines.push_back({.kind = row.items[0].text,
                     .priority = PriorityOf(row.items[1].text),
                     .queued = row.items[2].integer,
                     .leased = row.items[3].integer,
                     .oldest_age_s = static_cast<double>(row.items[4].integer) / 1000});
  }
  std::sort(lines.begin(), lines.end(), [](const LineState& a, const LineState& b) {
    return a.kind != b.kind ? a.kind < b.kind : a.priority > b.priority;
  });
  return lines;
}

}  // namespace

StatusOr<std::unique_ptr<Queue>> OpenRedisQueue(const QueueOptions& options, const RedisOptions& redis) {
  if (options.lease.count() < 1 || options.max_attempts < 1 || redis.ready_window < 1 || redis.timeout.count() < 2) {
    return Error(Fault::kBadOption,
                 "queue: lease {} ms, max_attempts {}, ready_window {}, timeout {} ms; all must be positive",
                 options.lease.count(), options.max_attempts, redis.ready_window, redis.timeout.count());
  }
  FW_ASSIGN_OR_RETURN(std::unique_ptr<RedisClient> client, RedisClient::Create(redis));
  return std::unique_ptr<Queue>(new RedisQueue(options, redis, std::move(client)));
}

}  // namespace fringewatch
