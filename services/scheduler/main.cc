/// `fringewatch-scheduler`: JobService and the dispatcher. Wires concrete classes, no more.
#include <cmath>
#include <cstdio>

#include "common/io/confined_sources.h"
#include "common/io/open_store.h"
#include "common/nn/compute_name.h"
#include "common/nn/model_card.h"
#include "common/service/access.h"
#include "common/service/backends.h"
#include "common/service/log.h"
#include "common/service/rpc_server.h"
#include "common/service/shutdown.h"
#include "common/worker/source_limits.h"
#include "services/scheduler/app/dispatcher.h"
#include "services/scheduler/app/job_service.h"

namespace fringewatch::scheduler {
namespace {

using service::LogLevel;

struct SchedulerSettings {
  service::ServerSettings server;
  service::RedisSettings redis;
  service::LogSettings log;
  service::SourceSettings sources;
  std::string store_uri;
  std::string models_folder;
  std::string compute_kind = "auto", compute_precision = "auto";
  double tick_s = 0.5, survey_s = 15;
  double detect_mpx_per_s = 20;
};

std::chrono::milliseconds Milliseconds(double seconds) {
  return std::chrono::milliseconds(std::lround(seconds * 1000));
}

void Declare(service::Settings& settings, SchedulerSettings& scheduler) {
  Declare(settings, scheduler.server);
  Declare(settings, scheduler.redis);
  Declare(settings, scheduler.log);
  Declare(settings, scheduler.sources);
  settings.Add("store.uri", scheduler.store_uri, "Runs and artifacts: a folder, or /vsis3/bucket/prefix");
  settings.Add("models.folder", scheduler.models_folder, "Networks; empty = those that were installed");
  settings.Add("compute.kind", scheduler.compute_kind, "Device kind of the workers: auto (= cpu), cpu, cuda");
  settings.Add("compute.precision", scheduler.compute_precision, "Of the workers: auto, fp32, bf16");
  settings.Add("scheduler.tick_s", scheduler.tick_s, "Seconds between two looks at the active runs");
  settings.Add("scheduler.survey_s", scheduler.survey_s,
               "Seconds between two looks at all runs: after this, the run of a scheduler that died is taken up");
  settings.Add("scheduler.detect_mpx_per_s", scheduler.detect_mpx_per_s,
               "Million pixels x pairs that one detector scans in a second, for estimates");
  settings.Check([&scheduler] {
    std::vector<std::string> faults = io::FaultsOf(worker::LimitsOf(scheduler.sources));
    if (scheduler.store_uri.empty()) faults.emplace_back("store.uri: is empty; name a folder that all services share");
    if (!(scheduler.tick_s >= 0.01 && scheduler.tick_s <= 60)) faults.emplace_back("scheduler.tick_s: not 0.01 to 60");
    if (!(scheduler.survey_s >= scheduler.tick_s)) {
      faults.emplace_back("scheduler.survey_s: must be at least scheduler.tick_s");
    }
    if (!(scheduler.detect_mpx_per_s > 0)) faults.emplace_back("scheduler.detect_mpx_per_s: must be above 0");
    return faults;
  });
}

StatusOr<Computing> ComputingOf(const SchedulerSettings& settings) {
  Computing computing;
  FW_ASSIGN_OR_RETURN(const std::string folder, nn::FindModels(settings.models_folder));
  FW_ASSIGN_OR_RETURN(computing.compute, nn::ComputeName(settings.compute_kind, settings.compute_precision));
  FW_ASSIGN_OR_RETURN(computing.detector_models, nn::DetectorModelHashes(folder));
  FW_ASSIGN_OR_RETURN(computing.unwrapper_models, nn::UnwrapperModelHashes(folder));
  return computing;
}

StatusOr<std::unique_ptr<service::Access>> AccessOf(const service::ServerSettings& server) {
  if (server.token_file.empty()) return service::OpenToEverybody();
  return service::OpenTokenFile(server.token_file);
}

Status Serve(const SchedulerSettings& settings) {
  for (const std::string& exposure : service::Exposures(settings.server)) service::Log(LogLevel::kWarning, exposure);
  FW_ASSIGN_OR_RETURN(Computing computing, ComputingOf(settings));
  FW_ASSIGN_OR_RETURN(const auto store, io::OpenStore(settings.store_uri));
  FW_ASSIGN_OR_RETURN(const auto queue, service::OpenQueue(settings.redis));
  FW_ASSIGN_OR_RETURN(const auto access, AccessOf(settings.server));
  service::Metrics metrics("scheduler");
  FW_ASSIGN_OR_RETURN(const auto gate, service::RpcGate::Open({.service = "JobService",
                                                               .audit_path = settings.server.audit_log,
                                                               .max_streams = settings.server.max_streams},
                                                              *access, metrics));
  RunRegistry registry(*store);
  Dispatcher dispatcher(*queue, *store, registry, metrics);
  SteadyClock clock;
  WakeUp wake_up;
  JobService jobs({.gate = *gate,
                   .queue = *queue,
                   .registry = registry,
                   .clock = clock,
                   .open = io::ConfinedOpener(worker::LimitsOf(settings.sources)),
                   .computing = std::move(computing),
                   .detect_mpx_per_s = settings.detect_mpx_per_s,
                   .wake_dispatcher = [&wake_up] { wake_up.Ring(); }});
  std::unique_ptr<service::MetricsServer> exposer;
  if (!settings.log.metrics_listen.empty()) {
    FW_ASSIGN_OR_RETURN(exposer, service::MetricsServer::Start(settings.log.metrics_listen, metrics));
  }
  FW_ASSIGN_OR_RETURN(const auto server, service::RpcServer::Start(settings.server, {&jobs}));
  const DispatchTimes times{Milliseconds(settings.tick_s), Milliseconds(settings.survey_s)};
  const DispatchLoop loop(dispatcher, wake_up, times, [&server](const Status& stepped) {
    server->SetServing(v1::JobService::service_full_name(), stepped.code() != StatusCode::kUnavailable);
  });
  std::printf("ready grpc=%d metrics=%d\n", server->port(), exposer ? exposer->port() : 0);
  std::fflush(stdout);
  while (!service::WaitForDrain(std::chrono::hours(1))) {
  }
  server->Drain();
  service::Log(LogLevel::kInfo, "drained");
  return {};
}

int Main(int argc, char** argv) {
  service::CatchTermination();
  SchedulerSettings scheduler;
  service::Settings settings("fringewatch-scheduler", "Accepts runs, plans them and follows them to their end");
  Declare(settings, scheduler);
  if (const auto code = settings.Parse(argc, argv)) return *code;
  service::StartLog("scheduler", scheduler.log.level);
  const Status served = Serve(scheduler);
  if (served.ok()) return 0;
  service::Log(LogLevel::kError, MessageOf(served));
  return 1;
}

}  // namespace
}  // namespace fringewatch::scheduler

int main(int argc, char** argv) { return fringewatch::scheduler::Main(argc, argv); }
