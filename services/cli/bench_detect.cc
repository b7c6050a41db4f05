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

/// The stage and the plain convolutions are measured in turns, and their means compared: a processor that others use as
/// well gives its matrix unit at a third of the speed for seconds, and at full speed for others.
constexpr int kRounds = 5;

sim::SceneConfig Frame(const BenchOptions& options) {
  sim::SceneConfig config;
  config.seed = options.seed;
  config.rows = config.cols = options.size_px;
  config.pairs = 30;
  config.sites.count = 8;
  return config;
}

/// Plain 3 x 3 convolutions, one per thread at once, as the networks compute: the most this machine's library gives.
class PlainConvolutions {
 public:
  PlainConvolutions(const nn::Device& device, int threads) : threads_(threads) {
    const torch::TensorOptions type = torch::TensorOptions().device(device.device).dtype(device.precision);
    for (const auto& [channels, edge] : {std::pair{32, 256}, {64, 128}, {64, 256}, {96, 128}, {128, 128}, {256, 64}}) {
      shapes_.push_back({torch::randn({1, channels, edge, edge}, type).contiguous(torch::MemoryFormat::ChannelsLast),
                         torch::randn({channels, channels, 3, 3}, type)});
    }
  }
  void Measure() {
    const torch::NoGradGuard no_grad;
    const nn::OneThreadPerCall one_thread;
    for (Shape& shape : shapes_) {
      const auto work = [&](int) {
        for (int i = 0; i < kCalls; ++i) (void)torch::conv2d(shape.input, shape.weight, {}, 1, 1);
      };
      if (shape.seconds == 0.0) work(0);
      const Stopwatch watch;
      ParallelFor(threads_, threads_, work);
      shape.seconds += watch.Wall_s();
      shape.multiplications += 9.0 * static_cast<double>(shape.input.numel() * shape.input.size(1)) * kCalls * threads_;
    }
  }
  /// Multiplications per second of the fastest shape, over all measurements.
  [[nodiscard]] double Peak() const {
    double best = 0;
    for (const Shape& shape : shapes_) best = std::max(best, shape.multiplications / shape.seconds);
    return best;
  }

 private:
  static constexpr int kCalls = 16;
  struct Shape {
    torch::Tensor input, weight;
    double seconds = 0.0, multiplications = 0.0;
  };
  int threads_;
  std::vector<Shape> shapes_;
};

StatusOr<nlohmann::json> MeasureOn(const sim::ObservedStack& stack, const std::string& models, const nn::Device& device,
                                   int threads) {
  FW_ASSIGN_OR_RETURN(const auto detector, detector::Detector::Load(models, device, {.threads = threads}));
  FW_RETURN_IF_ERROR(detector->WarmUp());
  const Window frame = stack.track().grid.frame();
  PlainConvolutions plain(device, threads);
  double wall_s = 0.0, cpu_s = 0.0;
  for (int round = 0; round < kRounds; ++round) {
    const Stopwatch watch;
    FW_RETURN_IF_ERROR(detector->Detect(stack, {frame, frame}, 0.5).status());
    wall_s += watch.Wall_s();
    cpu_s += watch.Cpu_s();
    plain.Measure();
  }
  const double pixels = static_cast<double>(frame.pixels()) * static_cast<double>(stack.track().pairs.size()) * kRounds;
  const double needed = detector::DdNetShape().MultiplicationsPerPixel() * pixels;
  return nlohmann::json{{"device", device.ToString()},
                        {"Mpx_pairs_per_s", 1e-6 * pixels / wall_s},
                        {"Mpx_pairs_per_cpu_s", 1e-6 * pixels / cpu_s},
                        {"convolution_peak_GFLOP_per_s", 2e-9 * plain.Peak()},
                        {"share_of_convolution_peak", needed / wall_s / plain.Peak()}};
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
