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
