#include "common/worker/worker_process.h"

#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#include "common/io/confined_sources.h"
#include "common/io/open_store.h"
#include "common/nn/model_card.h"
#include "common/service/backends.h"
#include "common/service/log.h"
#include "common/service/rpc_server.h"
#include "common/service/shutdown.h"
#include "common/service/worker_pool.h"
#include "common/worker/source_limits.h"

namespace fringewatch::worker {
namespace {

using service::Log;
using service::LogLevel;

struct WorkerSettings {
  service::RedisSettings redis;
  service::LogSettings log;
  service::SourceSettings sources;
  service::ServerSettings server;
  ComputeSettings compute;
  service::WorkerOptions worker;
  std::string store_uri;
};

void Declare(service::Settings& settings, WorkerSettings& all) {
  all.server.drain_delay_s = 0;  // nobody is routed to a worker
  Declare(settings, all.redis);
  Declare(settings, all.log);
  Declare(settings, all.sources);
  Declare(settings, all.server);
  settings.Add("store.uri", all.store_uri, "Artifacts and runs: a folder that all processes share, or /vsis3/...");
  settings.Add("models.folder", all.compute.models_folder, "Folder of the networks; empty = those that were shipped");
  settings.Add("compute.device", all.compute.device, "auto, cpu, cuda or cuda:N");
  settings.Add("compute.precision", all.compute.precision, "auto, fp32 or bf16");
  settings.Add("compute.threads", all.compute.threads, "Processors to use for one task, 0 = all");
  settings.Add("worker.name", all.worker.consumer, "Unique among all processes; empty = made from host and process");
  settings.Add("worker.tasks", all.worker.threads, "Tasks at once");
  settings.Add("worker.grace_s", all.worker.drain_grace_s, "When asked to stop: seconds for the tasks at hand");
  settings.Check([&all] {
    std::vector<std::string> wrong = io::FaultsOf(LimitsOf(all.sources));
    if (all.store_uri.empty()) wrong.emplace_back("store.uri is not set: where are the runs and their artifacts?");
    if (all.compute.threads < 0) wrong.emplace_back("compute.threads must be at least 0");
    if (all.worker.threads < 1) wrong.emplace_back("worker.tasks must be at least 1");
    if (!(all.worker.drain_grace_s >= 0)) wrong.emplace_back("worker.grace_s must be at least 0");
    return wrong;
  });
}

/// Says what the operator should know of how open this process is.
void LogExposures(const WorkerSettings& settings) {
  for (const std::string& exposure : service::Exposures(settings.server)) Log(LogLevel::kWarning, exposure);
  if (settings.sources.roots.empty()) {
    Log(LogLevel::kWarning, "sources.roots is not set: any folder of this machine may be named as a source");
  }
}

/// Tells health checks that the process drains as soon as it does: before the tasks at hand are done.
class DrainNotice {
 public:
  explicit DrainNotice(service::RpcServer& server)
      : thread_([&server] {
          while (!service::WaitForDrain(std::chrono::hours(1))) {
          }
          server.SetServing("", false);
        }) {}
  ~DrainNotice() { thread_.join(); }
  DrainNotice(const DrainNotice&) = delete;
  DrainNotice& operator=(const DrainNotice&) = delete;

 private:
  std::thread thread_;
};

Status Work(const WorkerSettings& settings, const WorkerProgram& program) {
  FW_ASSIGN_OR_RETURN(const std::string models, nn::FindModels(settings.compute.models_folder));
  FW_ASSIGN_OR_RETURN(const std::unique_ptr<Queue> queue, service::OpenQueue(settings.redis));
  FW_ASSIGN_OR_RETURN(const std::unique_ptr<Store> store, io::OpenStore(settings.store_uri));
  const std::unique_ptr<OpenRuns> runs = OpenStoredRuns(*store, io::ConfinedOpener(LimitsOf(settings.sources)));
  service::Metrics metrics(program.component);
  std::unique_ptr<service::MetricsServer> exposer;
  if (!settings.log.metrics_listen.empty()) {
    FW_ASSIGN_OR_RETURN(exposer, service::MetricsServer::Start(settings.log.metrics_listen, metrics));
  }
  FW_ASSIGN_OR_RETURN(const std::shared_ptr<TaskHandler> handler,
                      program.make_handler({settings.compute, models, *runs, *store, metrics}));
  FW_ASSIGN_OR_RETURN(const auto server, service::RpcServer::Start(settings.server, {}));
  fmt::print("ready grpc={} metrics={}\n", server->port(), exposer ? exposer->port() : 0);
  std::fflush(stdout);
  Log(LogLevel::kInfo, "ready", {{"worker", settings.worker.consumer}, {"models", models}});
  {
    const DrainNotice notice(*server);
    service::WorkUntilDrained(*queue, {handler.get()}, settings.worker, metrics);
  }
  server->Drain();
  Log(LogLevel::kInfo, "drained");
  return {};
}

}  // namespace

int RunWorker(int argc, char** argv, const WorkerProgram& program) {
  service::CatchTermination();
  WorkerSettings all;
  service::Settings settings("fringewatch-" + program.component, program.description);
  Declare(settings, all);
  if (program.declare) program.declare(settings);
  if (const std::optional<int> code = settings.Parse(argc, argv)) return *code;
  if (all.worker.consumer.empty()) all.worker.consumer = service::DefaultConsumerName();
  service::StartLog(program.component, all.log.level);
  LogExposures(all);
  const Status status = Work(all, program);
  if (!status.ok()) Log(LogLevel::kError, MessageOf(status));
  return status.ok() ? 0 : 1;
}

}  // namespace fringewatch::worker
