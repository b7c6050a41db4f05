/// `fringewatch-scheduler`: JobService and the dispatcher. Wires concrete classes, no more.
#include <cmath>

#include "common/io/confined_sources.h"
#include "common/io/open_store.h"
#include "common/nn/compute_name.h"
#include "common/nn/model_card.h"
#include "common/process/network_settings.h"
#include "common/process/source_settings.h"
#include "common/service/backends.h"
#include "common/service/log.h"
#include "common/service/process_frame.h"
#include "common/service/rpc_server.h"
#include "common/service/shutdown.h"
#include "services/scheduler/app/dispatch_loop.h"
#include "services/scheduler/app/dispatcher.h"
#include "services/scheduler/app/job_service.h"

namespace fringewatch::scheduler {
namespace {

struct SchedulerSettings {
  service::ServerSettings server;
  service::RedisSettings redis;
  service::LogSettings log;
  service::MetricsSettings metrics;
  io::SourceLimits sources;
  service::StoreSettings store;
  process::NetworkSettings networks;
  std::string compute_kind = "auto";
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
  Declare(settings, scheduler.metrics);
  process::Declare(settings, scheduler.sources);
  Declare(settings, scheduler.store);
  process::Declare(settings, scheduler.networks);
  settings.Add("compute.kind", scheduler.compute_kind, "Device kind of the workers: auto (= cpu), cpu, cuda");
  settings.Add("scheduler.tick_s", scheduler.tick_s, "Seconds between two looks at the active runs");
  settings.Add("scheduler.survey_s", scheduler.survey_s,
               "Seconds between two looks at all runs: after this, the run of a scheduler that died is taken up");
  settings.Add("scheduler.detect_mpx_per_s", scheduler.detect_mpx_per_s,
               "Million pixels x pairs that one detector scans in a second, for estimates");
  settings.Check([&scheduler] {
    std::vector<std::string> faults;
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
  FW_ASSIGN_OR_RETURN(const std::string folder, nn::FindModels(settings.networks.folder));
  FW_ASSIGN_OR_RETURN(computing.compute, nn::ComputeName(settings.compute_kind, settings.networks.precision));
  FW_ASSIGN_OR_RETURN(computing.detector_models, nn::DetectorModelHashes(folder));
  FW_ASSIGN_OR_RETURN(computing.unwrapper_models, nn::UnwrapperModelHashes(folder));
  FW_ASSIGN_OR_RETURN(computing.operating_points, nn::DetectorOperatingPoints(folder));
  return computing;
}

Status Serve(const SchedulerSettings& settings) {
  service::LogExposures(service::Exposures(settings.server));
  service::LogExposures(process::Exposures(settings.sources));
  FW_ASSIGN_OR_RETURN(Computing computing, ComputingOf(settings));
  FW_ASSIGN_OR_RETURN(const auto store, io::OpenStore(settings.store.uri));
  FW_ASSIGN_OR_RETURN(const auto queue, service::OpenQueue(settings.redis));
  FW_ASSIGN_OR_RETURN(const auto access, service::OpenAccess(settings.server));
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
                   .open = io::ConfinedOpener(settings.sources),
                   .computing = std::move(computing),
                   .detect_mpx_per_s = settings.detect_mpx_per_s,
                   .wake_dispatcher = [&wake_up] { wake_up.Ring(); }});
  FW_ASSIGN_OR_RETURN(const auto metrics_server, service::ServeMetrics(settings.metrics, metrics));
  FW_ASSIGN_OR_RETURN(const auto server, service::RpcServer::Start(settings.server, {&jobs}));
  const DispatchTimes times{Milliseconds(settings.tick_s), Milliseconds(settings.survey_s)};
  const DispatchLoop loop(dispatcher, wake_up, times, [&server](const Status& stepped) {
    server->SetServing(v1::JobService::service_full_name(), stepped.code() != StatusCode::kUnavailable);
  });
  service::PrintReady(*server, metrics_server.get());
  service::WaitForDrain();
  server->Drain();
  return {};
}

int Main(int argc, char** argv) {
  service::CatchTermination();
  SchedulerSettings scheduler;
  service::Settings settings("fringewatch-scheduler", "Accepts runs, plans them and follows them to their end");
  Declare(settings, scheduler);
  if (const auto code = settings.Parse(argc, argv)) return *code;
  service::StartLog("scheduler", scheduler.log.level);
  return service::ExitCodeOf(Serve(scheduler));
}

}  // namespace
}  // namespace fringewatch::scheduler

int main(int argc, char** argv) { return fringewatch::scheduler::Main(argc, argv); }
