/// Status <-> grpc::Status, with the standard details (google.rpc) that jobs.proto promises.
#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"

namespace fringewatch::wire {

/// What a failure says beside its code and message.
struct RpcDetails {
  std::string reason;                           ///< of ErrorInfo, "FW-1003"; when sent, taken from the message
  std::map<std::string, std::string> metadata;  ///< of ErrorInfo: path, run, task
  /// BadRequest, field and what is wrong with it. When sent empty, each problem of the message becomes one, without a
  /// field.
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<std::string> violations;    ///< PreconditionFailure; when sent, the problems of the message
  std::chrono::milliseconds retry_after;  ///< RetryInfo; when sent for a code that is not retried, left out

  RpcDetails() : retry_after(1000) {}
};

/// Carries google.rpc.Status in the trailer grpc-status-details-bin. Clients read at most 8 KiB of trailers: a longer
/// message is cut and says so, and details that do not fit are counted in the last one that does.
[[nodiscard]] grpc::Status ToRpcStatus(const Status& status, const RpcDetails& details = {});

/// Code and message as they were sent; also for failures that gRPC itself found (no connection, deadline).
[[nodiscard]] Status FromRpcStatus(const grpc::Status& status);

/// The details as they were sent; what was not sent is empty (retry_after: 0).
[[nodiscard]] RpcDetails DetailsOf(const grpc::Status& status);

/// "FW-1003" from a message that holds it; empty when there is none.
[[nodiscard]] std::string ReasonOf(const Status& status);

}  // namespace fringewatch::wire
