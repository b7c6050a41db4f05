#include "common/service/process_frame.h"

#include <cstdio>

#include "common/service/log.h"

namespace fringewatch::service {

void LogExposures(const std::vector<std::string>& exposures) {
  for (const std::string& exposure : exposures) Log(LogLevel::kWarning, exposure);
}

StatusOr<std::unique_ptr<MetricsServer>> ServeMetrics(const MetricsSettings& settings, const Metrics& metrics) {
  if (settings.listen.empty()) return std::unique_ptr<MetricsServer>();
  return MetricsServer::Start(settings.listen, metrics);
}

void PrintReady(const RpcServer& server, const MetricsServer* metrics) {
  std::printf("ready grpc=%d metrics=%d\n", server.port(), metrics == nullptr ? 0 : metrics->port());
  std::fflush(stdout);
}

int ExitCodeOf(const Status& ended) {
  if (ended.ok()) {
    Log(LogLevel::kInfo, "drained");
    return 0;
  }
  Log(LogLevel::kError, MessageOf(ended));
  return 1;
}

}  // namespace fringewatch::service
