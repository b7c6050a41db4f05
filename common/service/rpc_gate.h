/// What every RPC goes through: access, deadline, audit, metrics, and a Status that becomes a grpc::Status.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>

#include "common/service/access.h"
#include "common/service/metrics.h"

namespace fringewatch::service {

/// What a handler knows of the call.
struct Call {
  grpc::ServerContext& context;
  Caller caller;
  std::string request_line;  ///< for the audit log: set by handlers of calls that change something
};

class RpcGate {
 public:
  struct Options {
    std::string service;     ///< "JobService"
    std::string audit_path;  ///< append-only JSON lines of every call above viewer; empty = none
    int max_streams = 64;    ///< open server streams, over all callers; more get kQuota
  };
  /// Both must outlive it. \error kNotWritable (audit_path)
  [[nodiscard]] static StatusOr<std::unique_ptr<RpcGate>> Open(const Options& options, const Access& access,
                                                               Metrics& metrics);
  virtual ~RpcGate() = default;

  /// Runs `body` unless the caller may not; exceptions and kInternal become INTERNAL with a correlation id, and only
  /// the log has the text. Served until the server refuses calls (RpcServer::Drain). Clients set the deadline: a call
  /// without one is not limited.
  [[nodiscard]] virtual grpc::Status Unary(grpc::ServerContext& context, const char* method, Role needed,
                                           const std::function<Status(Call&)>& body) = 0;
  /// The same for server streams; counts against max_streams. `body` ends when the client hangs up
  /// (context.IsCancelled) or the process drains; kDraining when the process drains already.
  [[nodiscard]] virtual grpc::Status Stream(grpc::ServerContext& context, const char* method, Role needed,
                                            const std::function<Status(Call&)>& body) = 0;
};

}  // namespace fringewatch::service
