#include "common/queue/redis_connection.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <csignal>
#include <random>
#include <thread>

#include "common/base/host_port.h"
#include "common/base/retry.h"

namespace fringewatch {
namespace {

using Milliseconds = std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock;

timeval ToTimeval(Milliseconds time) {
  timeval value{};
  value.tv_sec = static_cast<time_t>(time.count() / 1000);
  value.tv_usec = static_cast<suseconds_t>(time.count() % 1000 * 1000);
  return value;
}

RedisValue ToValue(const redisReply& reply) {
  using Type = RedisValue::Type;
  switch (reply.type) {
    case REDIS_REPLY_INTEGER: return {.type = Type::kInteger, .integer = static_cast<long>(reply.integer)};
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS: return {.type = Type::kText, .text = std::string(reply.str, reply.len)};
    case REDIS_REPLY_ERROR: return {.type = Type::kError, .text = std::string(reply.str, reply.len)};
    case REDIS_REPLY_ARRAY: {
      RedisValue list{.type = Type::kList};
      list.items.reserve(reply.elements);
      for (size_t i = 0; i < reply.elements; ++i) list.items.push_back(ToValue(*reply.element[i]));
      return list;
    }
    default: return {};
  }
}

/// The waits between tries: doubled each time, drawn between half and whole, so that clients do not come in step.
class Backoff {
 public:
  explicit Backoff(Milliseconds total) : end_(SteadyTime::now() + total) {}
  /// False when the time is used up.
  bool Wait() {
    thread_local std::minstd_rand random{std::random_device{}()};
    const Milliseconds pause(std::uniform_int_distribution<long>(next_.count() / 2, next_.count())(random));
    if (SteadyTime::now() + pause >= end_) return false;
    std::this_thread::sleep_for(pause);
    next_ = std::min(next_ * 2, Milliseconds(1000));
    return true;
  }

 private:
  SteadyTime::time_point end_;
  Milliseconds next_{20};
};

bool Contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

Status StatusOfRedisError(const RedisValue& error, const std::string& address) {
  const std::string& text = error.text;
  // A long command before AUTH is no "NOAUTH" but "ERR Protocol error: unauthenticated multibulk length".
  if (text.starts_with("WRONGPASS") || text.starts_with("NOAUTH") || text.starts_with("ERR AUTH") ||
      Contains(text, "unauthenticated")) {
    return Error(Fault::kNoToken, "Redis at {} refuses the user or the password ({}); check redis.user and {}", address,
                 text, "redis.password_file");
  }
  if (Contains(text, "NOPERM") || Contains(text, "ACL failure") || Contains(text, "user executing the script can't")) {
    return Error(Fault::kForbidden, "Redis at {} forbids a command or key of the queue ({}); compare the user's ACL {}",
                 address, text, "with deploy/local/redis.acl");
  }
  if (text.starts_with("OOM")) {
    return Error(Fault::kOutOfMemory, "Redis at {} is full ({}); raise its maxmemory or cancel runs", address, text);
  }
  for (const char* passing : {"LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "READONLY", "BUSY ", "MISCONF",
                              "NOREPLICAS", "UNBLOCKED", "ERR max number of clients"}) {
    if (text.starts_with(passing)) return Error(Fault::kServiceAway, "Redis at {} cannot serve now: {}", address, text);
  }
  return Error(Fault::kInternal, "Redis at {}: {}", address, text);
}

class RedisClient::Connection {
 public:
  explicit Connection(redisContext* context) : context_(context) {}
  /// \error kServiceAway when the connection is lost; it is of no more use then.
  [[nodiscard]] StatusOr<RedisValue> Send(const std::vector<std::string>& command, const std::string& address) {
    std::vector<const char*> texts;
    std::vector<size_t> sizes;
    for (const std::string& argument : command) {
      texts.push_back(argument.data());
      sizes.push_back(argument.size());
    }
    const std::unique_ptr<redisReply, void (*)(void*)> reply(
        static_cast<redisReply*>(
            redisCommandArgv(context_.get(), static_cast<int>(texts.size()), texts.data(), sizes.data())),
        freeReplyObject);
    if (reply == nullptr) {
      return Error(Fault::kServiceAway, "Redis at {}: connection lost during {}: {}", address, command[0],
                   context_->errstr);
    }
    return ToValue(*reply);
  }

 private:
  struct Free {
    void operator()(redisContext* context) const { redisFree(context); }
  };
  std::unique_ptr<redisContext, Free> context_;
};

RedisClient::RedisClient(const RedisOptions& options, std::string host, int port)
    : options_(options), host_(std::move(host)), port_(port) {
  // hiredis writes without MSG_NOSIGNAL: a server that went away would end this process.
  if (struct sigaction now{}; sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) {
    std::signal(SIGPIPE, SIG_IGN);
  }
}

RedisClient::~RedisClient() = default;

StatusOr<std::unique_ptr<RedisClient>> RedisClient::Create(const RedisOptions& options) {
  const std::optional<HostPort> address = ParseHostPort(options.address);
  if (!address || address->port == 0) {
    return Error(Fault::kBadOption, "redis address '{}': must be host:port", options.address);
  }
  std::string host = address->host;
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);  // IPv6
  return std::unique_ptr<RedisClient>(new RedisClient(options, std::move(host), address->port));
}

StatusOr<std::unique_ptr<RedisClient::Connection>> RedisClient::Connect() {
  redisContext* context = redisConnectWithTimeout(host_.c_str(), port_, ToTimeval(options_.timeout));
  if (context == nullptr) return Error(Fault::kOutOfMemory, "no memory to connect to Redis at {}", options_.address);
  auto connection = std::make_unique<Connection>(context);
  if (context->err != 0) {
    return Error(Fault::kServiceAway, "Redis at {} does not answer: {}; is it up, and is redis.address right?",
                 options_.address, context->errstr);
  }
  redisSetTimeout(context, ToTimeval(options_.timeout));
  redisEnableKeepAlive(context);
  if (options_.user.empty() && options_.password.empty()) return connection;
  std::vector<std::string> login = {"AUTH"};
  if (!options_.user.empty()) login.push_back(options_.user);
  login.push_back(options_.password);
  FW_ASSIGN_OR_RETURN(const RedisValue answer, connection->Send(login, options_.address));
  if (answer.type == RedisValue::Type::kError) return StatusOfRedisError(answer, options_.address);
  return connection;
}

std::unique_ptr<RedisClient::Connection> RedisClient::TakeIdle() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return nullptr;
  std::unique_ptr<Connection> connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

void RedisClient::GiveBack(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(connection));
}

void RedisClient::DropIdle() {
  const std::lock_guard lock(mutex_);
  idle_.clear();
}

StatusOr<RedisValue> RedisClient::CallOnce(const std::vector<std::string>& command, bool& sent) {
  std::unique_ptr<Connection> connection = TakeIdle();
  if (connection == nullptr) {
    FW_ASSIGN_OR_RETURN(connection, Connect());
  }
  sent = true;
  StatusOr<RedisValue> answer = connection->Send(command, options_.address);
  if (!answer.ok()) {
    DropIdle();  // they lead to the same server, which most likely is gone
    return answer;
  }
  GiveBack(std::move(connection));
  if (answer->type == RedisValue::Type::kError && !answer->text.starts_with("NOSCRIPT")) {
    return StatusOfRedisError(*answer, options_.address);
  }
  return answer;
}

StatusOr<RedisValue> RedisClient::CallMarked(std::vector<std::string>& command, size_t mark) {
  Backoff backoff(options_.timeout);
  bool sent = false;
  while (true) {
    if (sent && mark > 0) command[mark] = "1";
    StatusOr<RedisValue> answer = CallOnce(command, sent);
    if (answer.ok() || answer.status().code() != CodeOf(Fault::kServiceAway) || !backoff.Wait()) return answer;
  }
}

}  // namespace fringewatch
