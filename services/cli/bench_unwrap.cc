#include "common/base/random.h"
#include "common/nn/device.h"
#include "common/nn/model_card.h"
#include "common/nn/model_file.h"
#include "common/sim/scene.h"
#include "services/cli/bench.h"
#include "services/unwrapper/core/network_prior.h"
#include "services/unwrapper/core/smooth.h"
#include "services/unwrapper/core/unwrap_pair.h"

namespace fringewatch::cli {
namespace {

constexpr int kPatch_px = 128, kPatches = 20;

sim::SceneConfig Patch(uint64_t seed, double coherence) {
  sim::SceneConfig config;
  config.seed = seed;
  config.rows = config.cols = kPatch_px;
  config.epochs = 2;
  config.pairs = 1;
  config.max_span_days = config.repeat_days;
  config.sites.count = 1;
  config.coherence_min = config.coherence_max = coherence;
  return config;
}

/// Seconds per patch of each step.
StatusOr<nlohmann::json> MeasureCoherence(double coherence, uint64_t seed, unwrapper::PuNet& net,
                                          const nn::Device& device) {
  const Window window{0, 0, kPatch_px, kPatch_px};
  double flow_s = 0, smooth_s = 0, net_s = 0;
  for (int i = 0; i < kPatches; ++i) {
    const PairRaster pair = sim::Scene(Patch(HashKeys(seed, i), coherence)).Observe(0, window);
    const Stopwatch flow;
    const unwrapper::PairSolution solution = unwrapper::UnwrapWithPriors(pair, {});
    flow_s += flow.Cpu_s();
    const Stopwatch smooth;
    (void)unwrapper::SmoothPhase(solution.flow.phase_rad, pair.coherence);
    smooth_s += smooth.Cpu_s();
    const Stopwatch network;
    (void)unwrapper::PredictPatch(net, device, {pair}, {});
    net_s += network.Cpu_s();
  }
  const double Mpx = 1e-6 * kPatch_px * kPatch_px * kPatches;
  return nlohmann::json{{"coherence", coherence},
                        {"ms_per_patch", 1e3 * flow_s / kPatches},
                        {"Mpx_per_cpu_s", Mpx / flow_s},
                        {"smoothing_ms_per_patch", 1e3 * smooth_s / kPatches},
                        {"baseline_ms_per_patch", 1e3 * net_s / kPatches},
                        {"times_baseline", net_s / flow_s}};
}

}  // namespace

StatusOr<nlohmann::json> BenchUnwrap(const BenchOptions& options) {
  FW_ASSIGN_OR_RETURN(const std::string models, nn::FindModels(options.compute.models));
  FW_ASSIGN_OR_RETURN(const nn::Device device, nn::ResolveDevice(options.compute.device, options.compute.precision));
  unwrapper::PuNet net;
  FW_RETURN_IF_ERROR(nn::LoadModel(models, unwrapper::kPuNetName, net->shape().ToString(), *net).status());
  nn::PrepareForInference(*net, device);
  nlohmann::json cases = nlohmann::json::array();
  for (const double coherence : {0.9, 0.7, 0.5, 0.35}) {
    FW_ASSIGN_OR_RETURN(nlohmann::json measured, MeasureCoherence(coherence, options.seed, net, device));
    cases.push_back(std::move(measured));
  }
  return nlohmann::json{{"patch_px", kPatch_px}, {"patches", kPatches}, {"baseline", "PUNet alone"}, {"cases", cases}};
}

}  // namespace fringewatch::cli
