/// A whole cluster on this machine: the real programs and a real Redis, each of which a test may kill.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "fringewatch/v1/jobs.grpc.pb.h"
#include "fringewatch/v1/results.grpc.pb.h"
#include "tests/integration/child_process.h"
#include "tests/support/redis_server.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch::integration {

enum class Kind { kScheduler, kDetector, kUnwrapper, kResults };
inline constexpr Kind kKinds[] = {Kind::kScheduler, Kind::kDetector, Kind::kUnwrapper, Kind::kResults};
/// "scheduler", ...
[[nodiscard]] std::string NameOf(Kind kind);

/// Folder of the programs under test: FRINGEWATCH_BIN, else that of the build.
[[nodiscard]] std::string ProgramFolder();
[[nodiscard]] std::string ModelFolder();

/// Values of a configuration file by "section.key", as TOML has them: "2", "\"text\"".
using Values = std::map<std::string, std::string>;
[[nodiscard]] std::string Quoted(const std::string& text);

struct ClusterOptions {
  std::map<Kind, int> processes{
      {Kind::kScheduler, 1}, {Kind::kDetector, 1}, {Kind::kUnwrapper, 1}, {Kind::kResults, 1}};
  double lease_s = 2;
  std::string source_root;        ///< empty = any source is allowed
  std::map<Kind, Values> values;  ///< beside what the cluster itself needs
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  std::string token;  ///< sent with every call of this cluster's clients
};

/// One process of the cluster, and how to start it again.
class Service {
 public:
  /// Does not wait until it is ready.
  void Start();
  /// Fails the test when it does not get ready.
  void AwaitReady();
  void Signal(int signal) { process_->Signal(signal); }
  /// kill -9, and waits for the end.
  void Kill();
  /// SIGTERM, once.
  void AskToStop();
  /// SIGTERM; fails the test unless it ends with 0 in time.
  void Stop();
  [[nodiscard]] bool running() const { return process_.has_value(); }
  [[nodiscard]] ChildProcess& process() { return *process_; }
  [[nodiscard]] int port() const { return ports_.grpc; }
  [[nodiscard]] const ReadyPorts& ports() const { return ports_; }
  [[nodiscard]] std::string log() const;

 private:
  friend class Cluster;
  std::string name_, program_, config_file_, error_file_;
  ReadyPorts ports_;  ///< a restarted process gets the ports that it had: clients know them
  std::optional<ChildProcess> process_;
  bool stopping_ = false;
};

class Cluster {
 public:
  /// Fails the test when something does not start.
  explicit Cluster(ClusterOptions options = {});
  /// Stops everything in an orderly way; what a sanitizer found fails the test.
  ~Cluster();

  [[nodiscard]] Service& service(Kind kind, int index = 0) {
    return *services_.at(kind).at(static_cast<size_t>(index));
  }
  /// One process more, which is ready when this returns.
  Service& Add(Kind kind);
  [[nodiscard]] int CountOf(Kind kind) const {
    const auto services = services_.find(kind);
    return services == services_.end() ? 0 : static_cast<int>(services->second.size());
  }
  [[nodiscard]] RedisServer& redis() { return *redis_; }
  [[nodiscard]] v1::JobService::StubInterface& jobs(int index = 0);
  [[nodiscard]] v1::ResultService::StubInterface& answers(int index = 0);
  /// With a deadline and the cluster's token; waits for a server that is not there yet.
  [[nodiscard]] std::unique_ptr<grpc::ClientContext> Call(Moment deadline) const;
  /// What the services call the store and the products.
  [[nodiscard]] std::string StoreFolder() const { return folder_ / "store"; }
  [[nodiscard]] std::string ProductFolder() const { return folder_ / "products"; }
  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }
  /// Logs of all processes, for messages.
  [[nodiscard]] std::string Logs() const;

 private:
  Service& Declare(Kind kind);
  [[nodiscard]] Values ValuesOf(Kind kind) const;

  ClusterOptions options_;
  TemporaryFolder folder_;
  std::unique_ptr<RedisServer> redis_;
  std::map<Kind, std::vector<std::unique_ptr<Service>>> services_;
  std::map<int, std::unique_ptr<v1::JobService::StubInterface>> jobs_;
  std::map<int, std::unique_ptr<v1::ResultService::StubInterface>> answers_;
};

/// A connection that tries again soon after the server went away.
[[nodiscard]] std::shared_ptr<grpc::Channel> Connect(int port,
                                                     const std::shared_ptr<grpc::ChannelCredentials>& credentials);

}  // namespace fringewatch::integration
