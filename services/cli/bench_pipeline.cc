#include <filesystem>

#include "common/base/parallel.h"
#include "common/nn/device.h"
#include "common/nn/model_card.h"
#include "common/sim/observed_stack.h"
#include "services/cli/bench.h"
#include "services/cli/local_run.h"
#include "services/scheduler/app/plan_run.h"
#include "services/unwrapper/core/sbas.h"
#include "services/unwrapper/core/unwrap_pair.h"

namespace fringewatch::cli {
namespace {

constexpr int kBaselinePairs = 3;   ///< unwrapped over the whole frame; the rest is extrapolated
constexpr int kBaselineRows = 256;  ///< inverted; the rest is extrapolated
constexpr double kLooks = 10.0;

sim::SceneConfig Frame(const BenchOptions& options) {
  sim::SceneConfig config;
  config.seed = options.seed;
  config.rows = config.cols = options.size_px;
  config.sites.count = 20;
  return config;
}

/// CPU seconds to unwrap every pixel of every pair and to invert every pixel.
nlohmann::json Everything(const sim::ObservedStack& stack) {
  const Window frame = stack.track().grid.frame();
  const auto pairs = static_cast<double>(stack.track().pairs.size());
  const Stopwatch unwrap;
  for (int pair = 0; pair < kBaselinePairs; ++pair) {
    (void)unwrapper::UnwrapWithPriors(*stack.ReadPair(pair, frame), {});
  }
  const double unwrap_s = unwrap.Cpu_s() * pairs / kBaselinePairs;
  const Window strip{0, 0, std::min(kBaselineRows, frame.rows), frame.cols};
  Array3<float> phase(static_cast<int>(pairs), strip.rows, strip.cols), coherence = phase;
  for (int pair = 0; pair < phase.planes; ++pair) {
    const PairRaster part = *stack.ReadPair(pair, strip);
    std::copy(part.phase_rad.values.begin(), part.phase_rad.values.end(), phase.plane(pair).begin());
    std::copy(part.coherence.values.begin(), part.coherence.values.end(), coherence.plane(pair).begin());
  }
  const Stopwatch invert;
  (void)unwrapper::InvertSbas(BuildNetwork(stack.track().pairs), phase, unwrapper::PhaseWeights(coherence, kLooks),
                              stack.track().wavelength_m, 1);
  const double invert_s = invert.Cpu_s() * frame.rows / strip.rows;
  return {
      {"what", fmt::format("the same solvers on every pixel; unwrapping extrapolated from {} pairs, inversion from {} "
                           "rows",
                           kBaselinePairs, strip.rows)},
      {"unwrap_cpu_s", unwrap_s},
      {"invert_cpu_s", invert_s},
      {"cpu_s", unwrap_s + invert_s}};
}

}  // namespace

StatusOr<nlohmann::json> BenchPipeline(const BenchOptions& options) {
  FW_ASSIGN_OR_RETURN(const std::string models, nn::FindModels(options.compute.models));
  FW_ASSIGN_OR_RETURN(const nn::Device device, nn::ResolveDevice(options.compute.device, options.compute.precision));
  FW_ASSIGN_OR_RETURN(const auto detector,
                      detector::Detector::Load(models, device, {.threads = options.compute.threads}));
  FW_ASSIGN_OR_RETURN(const auto unwrapper,
                      unwrapper::Unwrapper::Load(models, device, {.threads = options.compute.threads}));
  auto stack = std::make_unique<sim::ObservedStack>(Frame(options));
  const sim::ObservedStack& observed = *stack;
  auto run = std::make_shared<OpenRun>();
  FW_ASSIGN_OR_RETURN(run->record,
                      scheduler::RecordOf(observed.track(), {}, {},
                                          {device.Kind(), detector->model_hashes(), unwrapper->model_hashes()}));
  run->stack = std::move(stack);
  const std::string folder =
      fmt::format("{}/fringewatch_bench_{}", std::filesystem::temp_directory_path().string(), run->record.run_id);
  const std::unique_ptr<Store> store = OpenMemoryStore();
  const Stopwatch watch;
  FW_ASSIGN_OR_RETURN(const LocalRun local, RunInOneProcess(
                                                run, {*detector, *unwrapper, *store, device.Kind()}, folder,
                                                [](const std::string&, int, int) {}, [] { return false; }));
  const double wall_s = watch.Wall_s(), cpu_s = watch.Cpu_s();
  std::filesystem::remove_all(folder);
  nlohmann::json report = {{"size_px", options.size_px},
                           {"pairs", observed.track().pairs.size()},
                           {"sites", local.inventory.sites.size()},
                           {"never_unwrapped", results::AvoidedRatio(local.facts)},
                           {"wall_s", wall_s},
                           {"cpu_s", cpu_s},
                           {"baseline", Everything(observed)}};
  report["times_baseline"] = report["baseline"]["cpu_s"].get<double>() / cpu_s;
  return report;
}

}  // namespace fringewatch::cli
