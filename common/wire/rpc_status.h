/// Status <-> grpc::Status, with the standard details (google.rpc) that jobs.proto promises.
#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"

namespace fringewatch::wire {

/// What a failure says beside its code and message; what was not sent is empty.
struct RpcDetails {
  std::string reason;  ///< of ErrorInfo: "FW-1003"
  /// BadRequest: field, empty where the problem names none, and what is wrong with it.
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<std::string> violations;       ///< PreconditionFailure: the problems of the input
  std::chrono::milliseconds retry_after{0};  ///< RetryInfo
};

/// Carries google.rpc.Status in the trailer grpc-status-details-bin, made of the code and the message's problems (see
/// Problems::ToStatus). Clients read at most 8 KiB of trailers: a longer message is cut and says so, and details that
/// do not fit are counted in the last one that does.
[[nodiscard]] grpc::Status ToRpcStatus(const Status& status);

/// Code and message as they were sent; also for failures that gRPC itself found (no connection, deadline).
[[nodiscard]] Status FromRpcStatus(const grpc::Status& status);

/// The details as they were sent.
[[nodiscard]] RpcDetails DetailsOf(const grpc::Status& status);

/// "FW-1003" from a message that holds it; empty when there is none.
[[nodiscard]] std::string ReasonOf(const Status& status);

}  // namespace fringewatch::wire
