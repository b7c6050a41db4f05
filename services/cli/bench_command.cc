/// `fringewatch bench`: how fast each stage is on this machine, as JSON.
#include <sys/resource.h>

#include "common/base/parallel.h"
#include "services/cli/bench.h"

namespace fringewatch::cli {
namespace {

double PeakMemory_GB() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e9;
}

StatusOr<nlohmann::json> Measure(const BenchOptions& options) {
  if (options.stage == "detect") return BenchDetect(options);
  if (options.stage == "unwrap") return BenchUnwrap(options);
  if (options.stage == "invert") return BenchInvert(options);
  return BenchPipeline(options);
}

}  // namespace

ObservedStack::ObservedStack(const sim::SceneConfig& config)
    : scene_(config), pairs_(scene_.track().pairs.size()), height_m_(scene_.Height(scene_.track().grid.frame())) {
  ParallelFor(static_cast<int>(pairs_.size()), HardwareThreads(),
              [&](int pair) { pairs_[pair] = scene_.Observe(pair, scene_.track().grid.frame()); });
}

StatusOr<PairRaster> ObservedStack::ReadPair(int pair, const Window& window) const {
  return PairRaster{Crop(pairs_[pair].phase_rad, window), Crop(pairs_[pair].coherence, window)};
}

StatusOr<Array2<float>> ObservedStack::ReadHeight(const Window& window) const { return Crop(height_m_, window); }

ExitCode BenchCommand(const BenchOptions& options) {
  StatusOr<nlohmann::json> report = Measure(options);
  if (!report.ok()) return Report(report.status());
  (*report)["benchmark"] = options.stage;
  (*report)["processors"] = HardwareThreads();
  (*report)["seed"] = options.seed;
  (*report)["peak_memory_GB"] = PeakMemory_GB();
  fmt::print("{}\n", report->dump(2));
  return ExitCode::kDone;
}

}  // namespace fringewatch::cli
