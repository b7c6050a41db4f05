/// `fringewatch-results`: puts measured sites into the inventory, publishes runs, answers ResultService.
#include <filesystem>
#include <memory>

#include "common/io/confined_sources.h"
#include "common/io/files.h"
#include "common/io/open_store.h"
#include "common/io/vsi.h"
#include "common/process/source_settings.h"
#include "common/service/access.h"
#include "common/service/backends.h"
#include "common/service/log.h"
#include "common/service/metrics.h"
#include "common/service/process_frame.h"
#include "common/service/rpc_gate.h"
#include "common/service/rpc_server.h"
#include "common/service/shutdown.h"
#include "common/service/worker_pool.h"
#include "services/results/app/publish_task.h"
#include "services/results/app/result_service.h"
#include "services/results/app/site_task.h"

namespace fringewatch::results {
namespace {

struct ResultSettings {
  service::ServerSettings server;
  service::RedisSettings redis;
  service::LogSettings log;
  service::MetricsSettings metrics;
  io::SourceLimits sources;
  service::StoreSettings store;
  service::WorkerOptions worker{.name = {}, .threads = 2};
  std::string products_uri = "products", inventory_uri = "inventory.gpkg";
};

void Declare(service::Settings& settings, ResultSettings& results) {
  Declare(settings, results.server);
  Declare(settings, results.redis);
  Declare(settings, results.log);
  Declare(settings, results.metrics);
  process::Declare(settings, results.sources);
  Declare(settings, results.store);
  settings.Add("products.uri", results.products_uri, "Holds a folder per run: a folder, or /vsis3/bucket/prefix");
  settings.Add("inventory.uri", results.inventory_uri,
               "Inventory of sites: a GeoPackage (*.gpkg), or a file that holds PG:... for PostGIS");
  Declare(settings, results.worker);
  settings.Check([&results] {
    std::vector<std::string> wrong;
    if (results.products_uri.empty()) wrong.emplace_back("products.uri is empty");
    if (results.inventory_uri.empty()) wrong.emplace_back("inventory.uri is empty");
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
  FW_ASSIGN_OR_RETURN(backends.metrics_server, service::ServeMetrics(settings.metrics, backends.metrics));
  FW_ASSIGN_OR_RETURN(backends.store, io::OpenStore(settings.store.uri));
  FW_ASSIGN_OR_RETURN(backends.inventory, OpenInventory(settings.inventory_uri));
  FW_ASSIGN_OR_RETURN(backends.queue, OpenQueue(settings.redis));
  backends.runs = OpenStoredRuns(*backends.store, io::ConfinedReopener(settings.sources));
  FW_ASSIGN_OR_RETURN(backends.access, service::OpenAccess(settings.server));
  FW_ASSIGN_OR_RETURN(backends.gate, service::RpcGate::Open({.service = "ResultService",
                                                             .audit_path = settings.server.audit_log,
                                                             .max_streams = settings.server.max_streams},
                                                            *backends.access, backends.metrics));
  return {};
}

Status Serve(const ResultSettings& settings) {
  service::LogExposures(service::Exposures(settings.server));
  service::LogExposures(process::Exposures(settings.sources));
  Backends backends;
  FW_RETURN_IF_ERROR(Open(settings, backends));
  // Clients are told where products lie: a path that begins at the root.
  const std::string products = io::IsVirtualPath(settings.products_uri)
                                   ? settings.products_uri
                                   : std::filesystem::absolute(settings.products_uri).string();
  const auto folder_of_run = [&products](const std::string& run_id) { return io::JoinPath(products, run_id); };
  ResultService results({*backends.gate, *backends.inventory, *backends.store, folder_of_run});
  FW_ASSIGN_OR_RETURN(const auto server, service::RpcServer::Start(settings.server, {&results}));
  service::PrintReady(*server, backends.metrics_server.get());

  SiteTaskHandler site(*backends.runs, *backends.store, backends.inventory.get());
  PublishTaskHandler publish(*backends.runs, *backends.store, backends.inventory.get(), folder_of_run,
                             [&backends](const RunFacts& facts, const Inventory& inventory) {
                               backends.metrics.CountPublishedSites(static_cast<double>(inventory.sites.size()));
                               service::Log(
                                   service::LogLevel::kInfo, "published",
                                   {{"run_id", facts.run_id}, {"sites", fmt::format("{}", inventory.sites.size())}});
                             });
  // Balancers and clients look away while the tasks at hand are finished.
  const service::OnDrain drain([&server] { server->Drain(); });
  // Publishing first: a run that waits for its products is closer to its end.
  service::WorkUntilDrained(*backends.queue, {&publish, &site}, settings.worker, backends.metrics);
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
  return service::ExitCodeOf(results::Serve(settings));
}
