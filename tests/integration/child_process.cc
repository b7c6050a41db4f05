#include "tests/integration/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

namespace fringewatch::integration {
namespace {

int MillisecondsUntil(Moment deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<long>(0, left.count()));
}

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string Tail(const std::string& text, size_t bytes = 2000) {
  return text.size() <= bytes ? text : text.substr(text.size() - bytes);
}

/// Only calls that are safe between fork and exec in a program with threads.
[[noreturn]] void BecomeProgram(char* const* arguments, char* const* environment, int output, int errors) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setpgid(0, 0);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execvpe(arguments[0], arguments, environment);
  ::_exit(127);
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> Environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!added.contains(text.substr(0, text.find('=')))) all.push_back(text);
  }
  for (const auto& [name, value] : added) all.push_back(name + "=" + value);
  return all;
}

}  // namespace

double Patience() {
#if defined(__SANITIZE_THREAD__)
  return 15;
#elif defined(__SANITIZE_ADDRESS__)
  return 6;
#else
  return 1;
#endif
}

Moment Within(double seconds) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(static_cast<long>(1e3 * seconds * Patience()));
}

StatusOr<ChildProcess> ChildProcess::Start(const std::vector<std::string>& arguments,
                                           const std::filesystem::path& error_file,
                                           const std::map<std::string, std::string>& environment) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Error(Fault::kInternal, "pipe: {}", std::strerror(errno));
  const int errors = ::open(error_file.c_str(), O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0644);
  if (errors < 0) return Error(Fault::kNotWritable, "{}: {}", error_file.string(), std::strerror(errno));
  std::vector<std::string> argument_texts = arguments, environment_texts = Environment(environment);
  const std::vector<char*> argv = Pointers(argument_texts), envp = Pointers(environment_texts);
  const int pid = ::fork();
  if (pid == 0) BecomeProgram(argv.data(), envp.data(), ends[1], errors);
  ::close(ends[1]);
  ::close(errors);
  if (pid < 0) {
    ::close(ends[0]);
    return Error(Fault::kInternal, "fork: {}", std::strerror(errno));
  }
  return ChildProcess(pid, ends[0], error_file);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept { *this = std::move(other); }

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this == &other) return *this;
  Close();
  pid_ = std::exchange(other.pid_, -1);
  output_ = std::exchange(other.output_, -1);
  error_file_ = std::move(other.error_file_);
  unread_ = std::move(other.unread_);
  exit_ = other.exit_;
  return *this;
}

ChildProcess::~ChildProcess() { Close(); }

void ChildProcess::Close() {
  if (output_ >= 0) ::close(std::exchange(output_, -1));
  if (pid_ < 0 || exit_) return;
  Signal(SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void ChildProcess::Signal(int signal) const {
  if (pid_ < 0 || exit_) return;
  // The child makes itself the leader of its group; until then there is no such group.
  if (::kill(-pid_, signal) != 0) ::kill(pid_, signal);
}

StatusOr<int> ChildProcess::AwaitExit(Moment deadline) {
  if (exit_) return *exit_;
  // glibc 2.36 declares pidfd_open without extern "C".
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  pollfd waited{handle, POLLIN, 0};
  const int ready = ::poll(&waited, 1, MillisecondsUntil(deadline));
  ::close(handle);
  if (ready <= 0) return Error(Fault::kDeadline, "process {} has not ended; its errors: {}", pid_, Tail(Errors()));
  int state = 0;
  ::waitpid(pid_, &state, 0);
  exit_ = WIFEXITED(state) ? WEXITSTATUS(state) : -WTERMSIG(state);
  return *exit_;
}

StatusOr<bool> ChildProcess::ReadMore(Moment deadline) {
  pollfd waited{output_, POLLIN, 0};
  if (::poll(&waited, 1, MillisecondsUntil(deadline)) <= 0) {
    return Error(Fault::kDeadline, "process {} printed only '{}'; its errors: {}", pid_, unread_, Tail(Errors()));
  }
  char buffer[4096];
  const ssize_t bytes = ::read(output_, buffer, sizeof buffer);
  if (bytes <= 0) return false;
  unread_.append(buffer, static_cast<size_t>(bytes));
  return true;
}

StatusOr<std::string> ChildProcess::AwaitLine(Moment deadline) {
  while (unread_.find('\n') == std::string::npos) {
    FW_ASSIGN_OR_RETURN(const bool more, ReadMore(deadline));
    if (!more) return Error(Fault::kServiceAway, "process {} ended; its errors: {}", pid_, Tail(Errors()));
  }
  const size_t end = unread_.find('\n');
  std::string line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return line;
}

StatusOr<ReadyPorts> ChildProcess::AwaitReady(Moment deadline) {
  while (true) {
    FW_ASSIGN_OR_RETURN(const std::string line, AwaitLine(deadline));
    ReadyPorts ports;
    if (std::sscanf(line.c_str(), "ready grpc=%d metrics=%d", &ports.grpc, &ports.metrics) >= 1) return ports;
  }
}

StatusOr<std::string> ChildProcess::AwaitOutput(Moment deadline) {
  while (true) {
    FW_ASSIGN_OR_RETURN(const bool more, ReadMore(deadline));
    if (!more) return std::exchange(unread_, {});
  }
}

StatusOr<long> ChildProcess::ResidentKib() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  std::string line;
  long kib = 0;
  while (std::getline(status, line)) {
    if (std::sscanf(line.c_str(), "VmRSS: %ld kB", &kib) == 1) return kib;
  }
  return Error(Fault::kServiceAway, "process {} has no memory: it ended", pid_);
}

std::string ChildProcess::Errors() const { return ReadAll(error_file_); }

StatusOr<Finished> RunProgram(const std::vector<std::string>& arguments, const std::filesystem::path& error_file,
                              double seconds, const std::map<std::string, std::string>& environment) {
  FW_ASSIGN_OR_RETURN(ChildProcess process, ChildProcess::Start(arguments, error_file, environment));
  const Moment deadline = Within(seconds);
  Finished finished;
  FW_ASSIGN_OR_RETURN(finished.output, process.AwaitOutput(deadline));
  FW_ASSIGN_OR_RETURN(finished.exit_code, process.AwaitExit(deadline));
  finished.errors = process.Errors();
  return finished;
}

}  // namespace fringewatch::integration
