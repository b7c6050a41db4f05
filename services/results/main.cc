/// `fringewatch-results`: puts measured sites into the inventory, publishes runs, answers ResultService.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <thread>

#include "common/io/confined_sources.h"
#include "common/io/files.h"
#include "common/io/open_store.h"
#include "common/io/vsi.h"
#include "common/service/access.h"
#include "common/service/backends.h"
#include "common/service/log.h"
#include "common/service/metrics.h"
#include "common/service/rpc_gate.h"
#include "common/service/rpc_server.h"
#include "common/service/shutdown.h"
#include "common/service/worker_pool.h"
#include "common/worker/source_limits.h"
#include "services/results/app/publish_task.h"
#include "services/results/app/result_service.h"
#include "services/results/app/site_task.h"

namespace fringewatch::results {
namespace {

using service::Log;
using service::LogLevel;

struct ResultSettings {
  service::ServerSettings server;
  service::RedisSettings redis;
  service::LogSettings log;
  service::SourceSettings sources;
  service::WorkerOptions worker{.consumer = service::DefaultConsumerName(), .threads = 2};
  std::string store_uri = "store", products_uri = "products", inventory_uri = "inventory.gpkg";
};

void Declare(service::Settings& settings, ResultSettings& results) {
  Declare(settings, results.server);
  Declare(settings, results.redis);
  Declare(settings, results.log);
  Declare(settings, results.sources);
  settings.Add("store.uri", results.store_uri, "Artifacts and runs: a folder, or /vsis3/bucket/prefix");
  settings.Add("products.uri", results.products_uri, "Holds a folder per run: a folder, or /vsis3/bucket/prefix");
  settings.Add("inventory.uri", results.inventory_uri,
               "Inventory of sites: a GeoPackage (*.gpkg), or a file that holds PG:... for PostGIS");
  settings.Add("worker.name", results.worker.consumer, "Unique among all processes");
  settings.Add("worker.tasks", results.worker.threads, "Tasks at once");
  settings.Add("worker.grace_s", results.worker.drain_grace_s, "For the tasks at hand when the process is stopped");
  settings.Check([&results] {
    std::vector<std::string> wrong = io::FaultsOf(worker::LimitsOf(results.sources));
    for (const auto& [key, value] :
         {std::pair("store.uri", &results.store_uri), std::pair("products.uri", &results.products_uri),
          std::pair("inventory.uri", &results.inventory_uri), std::pair("worker.name", &results.worker.consumer)}) {
      if (value->empty()) wrong.push_back(fmt::format("{} is empty", key));
    }
    if (results.worker.threads < 1 || results.worker.threads > 64) wrong.emplace_back("worker.tasks must be 1 to 64");
    if (!(results.worker.drain_grace_s >= 0)) wrong.emplace_back("worker.grace_s must be 0 or more");
    return wrong;
  });
}

/// Everything that the process works with, in the order in which it stands on each other.
struct Backends {
  service::Metrics metrics{"results"};
  std::unique_ptr<service::MetricsServer> metrics_server;
  std::unique_ptr<Store> store;
  std::unique_ptr<SiteInventory> inventory;
  std::unique_ptr<Queue> queue;
  std::unique_ptr<OpenRuns> runs;
  std::unique_ptr<service::Access> access;
  std::unique_ptr<service::RpcGate> gate;
};

Status Open(const ResultSettings& settings, Backends& backends) {
  if (!settings.log.metrics_listen.empty()) {
    FW_ASSIGN_OR_RETURN(backends.metrics_server,
                        service::MetricsServer::Start(settings.log.metrics_listen, backends.metrics));
  }
  FW_ASSIGN_OR_RETURN(backends.store, io::OpenStore(settings.store_uri));
  FW_ASSIGN_OR_RETURN(backends.inventory, OpenInventory(settings.inventory_uri));
  FW_ASSIGN_OR_RETURN(backends.queue, OpenQueue(settings.redis));
  backends.runs = OpenStoredRuns(*backends.store, io::ConfinedOpener(worker::LimitsOf(settings.sources)));
  if (settings.server.token_file.empty()) {
    backends.access = service::OpenToEverybody();
  } else {
    FW_ASSIGN_OR_RETURN(backends.access, service::OpenTokenFile(settings.server.token_file));
  }
  FW_ASSIGN_OR_RETURN(backends.gate, service::RpcGate::Open({.service = "ResultService",
                                                             .audit_path = settings.server.audit_log,
                                                             .max_streams = settings.server.max_streams},
                                                            *backends.access, backends.metrics));
  return {};
}

Status Serve(const ResultSettings& settings) {
  Backends backends;
  FW_RETURN_IF_ERROR(Open(settings, backends));
  // Clients are told where products lie: a path that begins at the root.
  const std::string products = io::IsVirtualPath(settings.products_uri)
                                   ? settings.products_uri
                                   : std::filesystem::absolute(settings.products_uri).string();
  const auto folder_of_run = [&products](const std::string& run_id) { return io::JoinPath(products, run_id); };
  ResultService results({*backends.gate, *backends.inventory, *backends.store, folder_of_run});
  FW_ASSIGN_OR_RETURN(const auto server, service::RpcServer::Start(settings.server, {&results}));
  for (const std::string& exposure : service::Exposures(settings.server)) Log(LogLevel::kWarning, exposure);
  std::printf("ready grpc=%d metrics=%d\n", server->port(),
              backends.metrics_server ? backends.metrics_server->port() : 0);
  std::fflush(stdout);

  SiteTaskHandler site(*backends.runs, *backends.store, backends.inventory.get());
  PublishTaskHandler publish(*backends.runs, *backends.store, backends.inventory.get(), folder_of_run,
                             [&backends](const RunFacts& facts, const Inventory& inventory) {
                               backends.metrics.CountPublishedSites(static_cast<double>(inventory.sites.size()));
                               Log(LogLevel::kInfo, "published",
                                   {{"run_id", facts.run_id}, {"sites", fmt::format("{}", inventory.sites.size())}});
                             });
  // Balancers and clients look away while the tasks at hand are finished.
  std::thread drain([&server] {
    while (!service::WaitForDrain(std::chrono::hours(1))) {
    }
    server->Drain();
  });
  // Publishing first: a run that waits for its products is closer to its end.
  service::WorkUntilDrained(*backends.queue, {&publish, &site}, settings.worker, backends.metrics);
  drain.join();
  return {};
}

}  // namespace
}  // namespace fringewatch::results

int main(int argc, char** argv) {
  using namespace fringewatch;
  service::CatchTermination();
  results::ResultSettings settings;
  service::Settings declared("fringewatch-results", "Publishes runs and answers what they found");
  Declare(declared, settings);
  if (const auto code = declared.Parse(argc, argv)) return *code;
  service::StartLog("results", settings.log.level);
  const Status served = results::Serve(settings);
  if (served.ok()) return 0;
  service::Log(service::LogLevel::kError, MessageOf(served));
  std::fprintf(stderr, "error: %s\n", MessageOf(served).c_str());
  return 1;
}
