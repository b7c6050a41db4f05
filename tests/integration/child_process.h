/// A program that a test starts, watches and kills.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status.h"

namespace fringewatch::integration {

using Moment = std::chrono::steady_clock::time_point;

/// Instrumented programs take their time: every deadline of these tests is stretched by this.
[[nodiscard]] double Patience();
/// `seconds` from now, stretched by Patience().
[[nodiscard]] Moment Within(double seconds);

/// What a service prints when it can be used.
struct ReadyPorts {
  int grpc = 0;
  int metrics = 0;
};

/// In a process group of its own; killed when this object or the test program dies. Start it from a thread that lives
/// as long as it shall.
class ChildProcess {
 public:
  /// Standard error goes to `error_file`, appended; standard output to a pipe. \error kNotReadable, kInternal
  [[nodiscard]] static StatusOr<ChildProcess> Start(const std::vector<std::string>& arguments,
                                                    const std::filesystem::path& error_file,
                                                    const std::map<std::string, std::string>& environment = {});
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  /// To the whole group; nothing when it has ended.
  void Signal(int signal) const;
  /// The exit code, or minus the signal that ended it. \error kDeadline
  [[nodiscard]] StatusOr<int> AwaitExit(Moment deadline);
  /// The next line of its output, without the line end. \error kDeadline, kServiceAway when it ended (with the last
  /// lines of its standard error)
  [[nodiscard]] StatusOr<std::string> AwaitLine(Moment deadline);
  /// The ports of the line `ready grpc=<port> metrics=<port>`.
  [[nodiscard]] StatusOr<ReadyPorts> AwaitReady(Moment deadline);
  /// Everything that it printed until it closed its output. \error kDeadline
  [[nodiscard]] StatusOr<std::string> AwaitOutput(Moment deadline);

  /// Resident memory, KiB. \error kServiceAway
  [[nodiscard]] StatusOr<long> ResidentKib() const;
  [[nodiscard]] int pid() const { return pid_; }
  [[nodiscard]] bool ended() const { return exit_.has_value(); }
  [[nodiscard]] std::string Errors() const;

 private:
  ChildProcess(int pid, int output, std::filesystem::path error_file)
      : pid_(pid), output_(output), error_file_(std::move(error_file)) {}
  void Close();
  /// Reads what there is; false at the end of the output.
  [[nodiscard]] StatusOr<bool> ReadMore(Moment deadline);

  int pid_ = -1;
  int output_ = -1;
  std::filesystem::path error_file_;
  std::string unread_;
  std::optional<int> exit_;
};

/// Runs a program to its end. \error kDeadline; the exit code is no error.
struct Finished {
  int exit_code = 0;
  std::string output;
  std::string errors;
};
[[nodiscard]] StatusOr<Finished> RunProgram(const std::vector<std::string>& arguments,
                                            const std::filesystem::path& error_file, double seconds,
                                            const std::map<std::string, std::string>& environment = {});

}  // namespace fringewatch::integration
