/// What the programs of the detector and the unwrapper have in common: settings, queue, store, sources, health,
/// metrics, and an orderly end. A main adds what its stage is made of.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/process/network_settings.h"
#include "common/queue/worker.h"
#include "common/run/open_runs.h"
#include "common/service/metrics.h"
#include "common/service/settings.h"
#include "common/store/store.h"

namespace fringewatch::process {

/// Where and with which networks a worker computes: `compute.` and `models.`.
struct ComputeSettings {
  std::string device = "auto";  ///< auto, cpu, cuda, cuda:N
  int threads = 0;              ///< 0 = all
  NetworkSettings networks;
};

/// What a stage works with. All of it outlives the stage's handler.
struct Workplace {
  const ComputeSettings& compute;
  const std::string& models;  ///< folder of the networks, found
  OpenRuns& runs;
  Store& store;
  service::Metrics& metrics;
};

struct WorkerProgram {
  std::string component;    ///< "detector": in logs and metrics; the program is fringewatch-<component>
  std::string description;  ///< for --help
  /// Declares what only this program has.
  std::function<void(service::Settings& settings)> declare;
  /// Loads the networks and calls each once: the process is ready when it returns.
  std::function<StatusOr<std::shared_ptr<TaskHandler>>(const Workplace& workplace)> make_handler;
};

/// The whole of main: works until SIGTERM or SIGINT. When ready, it prints `ready grpc=<port> metrics=<port>` on stdout
/// (0 = none). Exit code: 0 drained, 1 could not start (the log says why), 2 bad settings. Not from several threads.
[[nodiscard]] int RunWorker(int argc, char** argv, const WorkerProgram& program);

}  // namespace fringewatch::process
