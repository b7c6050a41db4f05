/// The program fringewatch-detector: looks for moving ground in tiles of the runs that are submitted.
#include <cmath>

#include "common/nn/model_card.h"
#include "common/process/worker_process.h"
#include "common/service/log.h"
#include "services/detector/app/detect_task.h"

namespace fringewatch::detector {
namespace {

constexpr double kPixelsPerMegapixel = 1 << 20;

void Count(const TileDetections& found, service::Metrics& metrics) {
  metrics.CountPixels("read", static_cast<double>(found.pixels_read));
  metrics.CountPixels("scanned", static_cast<double>(found.pixels_scanned));
  if (found.batch_halved) {
    service::Log(service::LogLevel::kWarning,
                 "memory ran out and sufficed with half the batch: the tile took longer; lower detector.batch_mpx");
  }
  for (const FlaggedSite& site : found.sites) metrics.CountDetections(site.kind, 1);
}

/// A detector and the handler that needs it.
struct Stage {
  std::unique_ptr<Detector> detector;
  std::unique_ptr<DetectTaskHandler> handler;
};

StatusOr<std::shared_ptr<TaskHandler>> MakeHandler(const process::Workplace& workplace, double batch_mpx) {
  const process::ComputeSettings& compute = workplace.compute;
  service::Metrics& metrics = workplace.metrics;
  FW_ASSIGN_OR_RETURN(const nn::Device device, nn::ResolveDevice(compute.device, compute.networks.precision));
  DetectOptions options;
  options.batch_px = static_cast<int>(std::lround(batch_mpx * kPixelsPerMegapixel));
  options.threads = compute.threads;
  options.on_call = [&metrics](const nn::NetworkCall& call) {
    metrics.ObserveBatch(call.network, call.rasters, call.seconds);
  };
  const auto stage = std::make_shared<Stage>();
  FW_ASSIGN_OR_RETURN(stage->detector, Detector::Load(workplace.models, device, options));
  FW_RETURN_IF_ERROR(stage->detector->WarmUp());
  const std::vector<std::string> hashes = stage->detector->model_hashes();
  for (size_t i = 0; i < hashes.size(); ++i) metrics.SetModel(nn::kDetectorNetworks[i], hashes[i]);
  stage->handler =
      std::make_unique<DetectTaskHandler>(workplace.runs, *stage->detector, workplace.store, device.Kind(),
                                          [&metrics](const TileDetections& found) { Count(found, metrics); });
  return std::shared_ptr<TaskHandler>(stage, stage->handler.get());
}

}  // namespace
}  // namespace fringewatch::detector

int main(int argc, char** argv) {
  using namespace fringewatch;
  double batch_mpx = 4;
  return process::RunWorker(
      argc, argv,
      {.component = "detector",
       .description = "Fringewatch detector: looks for moving ground in the tiles of submitted runs",
       .declare =
           [&batch_mpx](service::Settings& settings) {
             settings.Add("detector.batch_mpx", batch_mpx, "Megapixels x pairs in the networks at once: bounds memory");
             settings.Check([&batch_mpx]() -> std::vector<std::string> {
               if (batch_mpx >= 0.1 && batch_mpx <= 1000) return {};
               return {"detector.batch_mpx must be 0.1 to 1000"};
             });
           },
       .make_handler =
           [&batch_mpx](const process::Workplace& workplace) { return detector::MakeHandler(workplace, batch_mpx); }});
}
