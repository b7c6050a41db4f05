#include "tests/support/s3_server.h"

#include <arpa/inet.h>
#include <cpl_http.h>
#include <cpl_string.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace fringewatch {
namespace {

constexpr char kBucket[] = "fringewatch-test";
constexpr std::chrono::seconds kStartLimit{60};

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

int FreePort() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  const bool bound = ::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(listener);
  return bound ? ntohs(address.sin_port) : 0;
}

bool Accepts(int port) {
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  const bool connected = ::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  ::close(client);
  return connected;
}

bool MakeBucket(const std::string& url) {
  CPLStringList options;
  options.SetNameValue("CUSTOMREQUEST", "PUT");
  options.SetNameValue("TIMEOUT", "30");
  CPLHTTPResult* result = CPLHTTPFetch(url.c_str(), options.List());
  const bool made = result != nullptr && result->nStatus == 0 && result->pszErrBuf == nullptr;
  CPLHTTPDestroyResult(result);
  return made;
}

}  // namespace

std::string S3Server::Program() {
  const char* given = std::getenv("FRINGEWATCH_S3_SERVER");
  const std::string program = given != nullptr ? given : FRINGEWATCH_SOURCE_DIR "/build/s3_server/bin/moto_server";
  return ::access(program.c_str(), X_OK) == 0 ? program : "";
}

S3Server::S3Server() {
  // Another program may take the port between looking for it and using it.
  for (int i = 0; i < 3 && pid_ == 0; ++i) {
    port_ = FreePort();
    if (!Launch()) Kill();
  }
  const std::string host = "127.0.0.1:" + std::to_string(port_);
  if (pid_ == 0 || !MakeBucket("http://" + host + "/" + kBucket)) {
    std::ifstream log(folder_ / "log");
    ADD_FAILURE() << Program() << " does not serve:\n" << std::string(std::istreambuf_iterator<char>(log), {});
    return;
  }
  for (const auto& [name, value] : {std::pair<const char*, std::string>{"AWS_S3_ENDPOINT", host},
                                    {"AWS_HTTPS", "NO"},
                                    {"AWS_VIRTUAL_HOSTING", "FALSE"},
                                    {"AWS_ACCESS_KEY_ID", "test"},
                                    {"AWS_SECRET_ACCESS_KEY", "test"},
                                    {"AWS_REGION", "us-east-1"}}) {
    ::setenv(name, value.c_str(), 1);
  }
}

std::string S3Server::root() const { return std::string("/vsis3/") + kBucket; }

void S3Server::Kill() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

bool S3Server::Launch() {
  const std::string program = Program(), port = std::to_string(port_), log = folder_ / "log";
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that is killed leaves nothing behind
    const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
    ::execl(program.c_str(), program.c_str(), "-H", "127.0.0.1", "-p", port.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  const auto limit = std::chrono::steady_clock::now() + kStartLimit;
  while (std::chrono::steady_clock::now() < limit) {
    if (::waitpid(pid_, nullptr, WNOHANG) != 0) {
      pid_ = 0;
      return false;
    }
    if (Accepts(port_)) return true;
    ::usleep(50'000);
  }
  return false;
}

}  // namespace fringewatch
