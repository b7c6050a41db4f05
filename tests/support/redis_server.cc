#include "tests/support/redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace fringewatch {
namespace {

constexpr char kProgram[] = "redis-server";

int FreePort() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool bound = ::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(listener);
  return bound ? ntohs(address.sin_port) : 0;
}

}  // namespace

bool RedisServer::Installed() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (::access((std::filesystem::path(folder) / kProgram).c_str(), X_OK) == 0) return true;
  }
  return false;
}

RedisServer::RedisServer(RedisServerOptions options) : options_(std::move(options)) {
  // Another program may take the port between looking for it and using it.
  for (int i = 0; i < 5 && pid_ == 0; ++i) {
    port_ = FreePort();
    if (!Launch()) End(SIGKILL);
  }
  if (pid_ == 0) ADD_FAILURE() << "redis-server does not start:\n" << Log();
}

RedisServer::~RedisServer() { Kill(); }

std::string RedisServer::address() const { return "127.0.0.1:" + std::to_string(port_); }

void RedisServer::Start() {
  if (pid_ == 0 && !Launch()) ADD_FAILURE() << "redis-server does not start:\n" << Log();
}
void RedisServer::Stop() { End(SIGTERM); }
void RedisServer::Kill() { End(SIGKILL); }

void RedisServer::End(int signal) {
  client_.reset();
  if (pid_ == 0) return;
  ::kill(pid_, signal);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

bool RedisServer::Launch() {
  std::vector<std::string> words = {kProgram,
                                    "--bind",
                                    "127.0.0.1",
                                    "--port",
                                    std::to_string(port_),
                                    "--dir",
                                    folder_ / "",
                                    "--logfile",
                                    folder_ / "redis.log",
                                    "--save",
                                    "",
                                    "--appendonly",
                                    options_.append_only ? "yes" : "no",
                                    "--appendfsync",
                                    "always"};
  if (!options_.password.empty()) words.insert(words.end(), {"--requirepass", options_.password});
  words.insert(words.end(), options_.arguments.begin(), options_.arguments.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that is killed leaves nothing behind
    ::execvp(kProgram, arguments.data());
    ::_exit(127);
  }
  RedisOptions own{.address = address(), .password = options_.password, .timeout = std::chrono::seconds(20)};
  client_ = RedisClient::Create(own).value();
  const StatusOr<RedisValue> pong = client_->Call({"PING"});
  return pong.ok() && ::waitpid(pid_, nullptr, WNOHANG) == 0;
}

RedisValue RedisServer::Command(const std::vector<std::string>& command) {
  if (client_ == nullptr) {
    ADD_FAILURE() << command[0] << ": the server is not running";
    return {};
  }
  StatusOr<RedisValue> answer = client_->Call(command);
  if (!answer.ok()) {
    ADD_FAILURE() << command[0] << ": " << MessageOf(answer.status());
    return {};
  }
  return *std::move(answer);
}

std::string RedisServer::Log() const {
  std::ifstream file(folder_ / "redis.log");
  return {std::istreambuf_iterator<char>(file), {}};
}

void PassRedisTime(RedisServer& server, std::chrono::milliseconds time) {
  constexpr char kScript[] = R"lua(
    local prefix, time = 'fringewatch:', tonumber(ARGV[1])
    for _, name in ipairs(redis.call('SMEMBERS', prefix .. 'lines')) do
      local stream = prefix .. 'line:' .. name
      for _, entry in ipairs(redis.call('XPENDING', stream, 'workers', '-', '+', 100000)) do
        redis.call('XCLAIM', stream, 'workers', entry[2], 0, entry[1], 'IDLE', entry[3] + time, 'JUSTID')
      end
      for _, lease in ipairs(redis.call('ZRANGE', stream .. ':leases', 0, -1)) do
        redis.call('ZINCRBY', stream .. ':leases', -time, lease)
      end
    end
    for _, run in ipairs(redis.call('SMEMBERS', prefix .. 'runs')) do
      local tasks = redis.call('HGETALL', prefix .. 'tasks:' .. run)
      for i = 1, #tasks, 2 do
        local body = cmsgpack.unpack(tasks[i + 1])
        body.q = body.q - time
        redis.call('HSET', prefix .. 'tasks:' .. run, tasks[i], cmsgpack.pack(body))
      end
    end
    return 1)lua";
  server.Command({"EVAL", kScript, "0", std::to_string(time.count())});
}

}  // namespace fringewatch
