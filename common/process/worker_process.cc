#include "common/process/worker_process.h"

#include <vector>

#include "common/base/memory.h"
#include "common/io/confined_sources.h"
#include "common/io/open_store.h"
#include "common/nn/model_card.h"
#include "common/process/source_settings.h"
#include "common/service/backends.h"
#include "common/service/log.h"
#include "common/service/process_frame.h"
#include "common/service/rpc_server.h"
#include "common/service/shutdown.h"
#include "common/service/worker_pool.h"

namespace fringewatch::process {
namespace {

struct WorkerSettings {
  service::RedisSettings redis;
  service::LogSettings log;
  service::MetricsSettings metrics;
  service::ServerSettings server;
  service::StoreSettings store;
  service::WorkerOptions worker;
  io::SourceLimits sources;
  ComputeSettings compute;
};

void Declare(service::Settings& settings, WorkerSettings& all) {
  all.server.drain_delay_s = 0;  // nobody is routed to a worker
  Declare(settings, all.server);
  Declare(settings, all.redis);
  Declare(settings, all.log);
  Declare(settings, all.metrics);
  process::Declare(settings, all.sources);
  Declare(settings, all.store);
  process::Declare(settings, all.compute.networks);
  settings.Add("compute.device", all.compute.device, "auto, cpu, cuda or cuda:N");
  settings.Add("compute.threads", all.compute.threads, "Processors to use for one task, 0 = all");
  Declare(settings, all.worker);
  settings.Check([&all]() -> std::vector<std::string> {
    if (all.compute.threads >= 0) return {};
    return {"compute.threads must be at least 0"};
  });
}

Status Work(const WorkerSettings& settings, const WorkerProgram& program) {
  service::LogExposures(service::Exposures(settings.server));
  service::LogExposures(Exposures(settings.sources));
  FW_ASSIGN_OR_RETURN(const std::string models, nn::FindModels(settings.compute.networks.folder));
  FW_ASSIGN_OR_RETURN(const std::unique_ptr<Queue> queue, service::OpenQueue(settings.redis));
  FW_ASSIGN_OR_RETURN(const std::unique_ptr<Store> store, io::OpenStore(settings.store.uri));
  const std::unique_ptr<OpenRuns> runs = OpenStoredRuns(*store, io::ConfinedReopener(settings.sources));
  service::Metrics metrics(program.component);
  FW_ASSIGN_OR_RETURN(const auto metrics_server, service::ServeMetrics(settings.metrics, metrics));
  FW_ASSIGN_OR_RETURN(const std::shared_ptr<TaskHandler> handler,
                      program.make_handler({settings.compute, models, *runs, *store, metrics}));
  FW_ASSIGN_OR_RETURN(const auto server, service::RpcServer::Start(settings.server, {}));
  service::PrintReady(*server, metrics_server.get());
  service::Log(service::LogLevel::kInfo, "ready", {{"models", models}});
  {
    // Health checks are told at once: before the tasks at hand are done.
    const service::OnDrain drain([&server] { server->SetServing("", false); });
    service::WorkUntilDrained(*queue, {handler.get()}, settings.worker, metrics);
  }
  server->Drain();
  return {};
}

}  // namespace

int RunWorker(int argc, char** argv, const WorkerProgram& program) {
  KeepFreedMemory();
  service::CatchTermination();
  WorkerSettings all;
  service::Settings settings("fringewatch-" + program.component, program.description);
  Declare(settings, all);
  if (program.declare) program.declare(settings);
  if (const std::optional<int> code = settings.Parse(argc, argv)) return *code;
  service::StartLog(program.component, all.log.level);
  return service::ExitCodeOf(Work(all, program));
}

}  // namespace fringewatch::process
