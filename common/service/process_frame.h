/// What every service does when it starts and when it ends.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/service/backends.h"
#include "common/service/metrics.h"
#include "common/service/rpc_server.h"

namespace fringewatch::service {

/// Warns of all that the operator should know of how open this process is.
void LogExposures(const std::vector<std::string>& exposures);

/// Null when metrics.listen is empty. \error kServiceAway
[[nodiscard]] StatusOr<std::unique_ptr<MetricsServer>> ServeMetrics(const MetricsSettings& settings,
                                                                    const Metrics& metrics);

/// Says on stdout that the process can be used: `ready grpc=<port> metrics=<port>` (0 = none).
void PrintReady(const RpcServer& server, const MetricsServer* metrics);

/// Logs how the process ended, and returns its exit code: 0 drained, 1 with an error.
[[nodiscard]] int ExitCodeOf(const Status& ended);

}  // namespace fringewatch::service
