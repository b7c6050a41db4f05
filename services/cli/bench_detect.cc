#include "common/base/parallel.h"
#include "common/nn/device.h"
#include "common/nn/model_card.h"
#include "common/nn/packing.h"
#include "common/nn/thread_limit.h"
#include "common/sim/observed_stack.h"
#include "services/cli/bench.h"
#include "services/detector/core/ddnet.h"
#include "services/detector/core/detect.h"

namespace fringewatch::cli {
namespace {

constexpr int kRepeats = 3;  ///< the fastest counts

sim::SceneConfig Frame(const BenchOptions& options) {
  sim::SceneConfig config;
  config.seed = options.seed;
  config.rows = config.cols = options.size_px;
  config.pairs = 30;
  config.sites.count = 8;
  return config;
}

/// Multiplications per second of the fastest of some plain 3 x 3 convolutions, one per thread at once, as the networks
/// compute: the most this machine's library gives.
double PeakConvolution(const nn::Device& device, int threads) {
  const torch::NoGradGuard no_grad;
  const nn::OneThreadPerCall one_thread;
  double best = 0;
  for (const auto& [channels, edge] : {std::pair{32, 256}, {64, 128}, {64, 256}, {96, 128}, {128, 128}, {256, 64}}) {
    const torch::TensorOptions type = torch::TensorOptions().device(device.device).dtype(device.precision);
    const torch::Tensor weight = torch::randn({channels, channels, 3, 3}, type);
    const torch::Tensor input =
        torch::randn({1, channels, edge, edge}, type).contiguous(torch::MemoryFormat::ChannelsLast);
    constexpr int kCalls = 8;
    const auto work = [&](int) {
      for (int i = 0; i < kCalls; ++i) (void)torch::conv2d(input, weight, {}, 1, 1);
    };
    work(0);
    const double count = 9.0 * channels * channels * edge * edge * kCalls * threads;
    for (int repeat = 0; repeat < kRepeats; ++repeat) {
      const Stopwatch watch;
      ParallelFor(threads, threads, work);
      best = std::max(best, count / watch.Wall_s());
    }
  }
  return best;
}

StatusOr<nlohmann::json> MeasureOn(const sim::ObservedStack& stack, const std::string& models, const nn::Device& device,
                                   int threads) {
  FW_ASSIGN_OR_RETURN(const auto detector, detector::Detector::Load(models, device, {.threads = threads}));
  FW_RETURN_IF_ERROR(detector->WarmUp());
  const Window frame = stack.track().grid.frame();
  double wall_s = 1e30, cpu_s = 1e30;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    const Stopwatch watch;
    FW_RETURN_IF_ERROR(detector->Detect(stack, {frame, frame}, 0.5).status());
    wall_s = std::min(wall_s, watch.Wall_s());
    cpu_s = std::min(cpu_s, watch.Cpu_s());
  }
  const double pixels = static_cast<double>(frame.pixels()) * static_cast<double>(stack.track().pairs.size());
  const double peak = PeakConvolution(device, threads);
  const double needed = detector::DdNetShape().MultiplicationsPerPixel() * pixels;
  return nlohmann::json{{"device", device.ToString()},
                        {"Mpx_pairs_per_s", 1e-6 * pixels / wall_s},
                        {"Mpx_pairs_per_cpu_s", 1e-6 * pixels / cpu_s},
                        {"convolution_peak_GFLOP_per_s", 2e-9 * peak},
                        {"share_of_convolution_peak", needed / wall_s / peak}};
}

}  // namespace

StatusOr<nlohmann::json> BenchDetect(const BenchOptions& options) {
  FW_ASSIGN_OR_RETURN(const std::string models, nn::FindModels(options.compute.models));
  FW_ASSIGN_OR_RETURN(const nn::Device chosen, nn::ResolveDevice(options.compute.device, options.compute.precision));
  FW_ASSIGN_OR_RETURN(const nn::Device plain, nn::ResolveDevice(options.compute.device, "fp32"));
  const int threads = options.compute.threads > 0 ? options.compute.threads : HardwareThreads();
  const sim::ObservedStack stack(Frame(options));
  nlohmann::json report = {{"size_px", options.size_px}, {"pairs", stack.track().pairs.size()}, {"threads", threads}};
  FW_ASSIGN_OR_RETURN(report["measured"], MeasureOn(stack, models, chosen, threads));
  FW_ASSIGN_OR_RETURN(report["baseline"], MeasureOn(stack, models, plain, threads));
  report["times_baseline"] =
      report["measured"]["Mpx_pairs_per_s"].get<double>() / report["baseline"]["Mpx_pairs_per_s"].get<double>();
  return report;
}

}  // namespace fringewatch::cli
