/// The program fringewatch-unwrapper: measures the sites that the detectors find.
#include "common/nn/model_card.h"
#include "common/process/worker_process.h"
#include "services/unwrapper/app/patch_task.h"

namespace fringewatch::unwrapper {
namespace {

/// An unwrapper and the handler that needs it.
struct Stage {
  std::unique_ptr<Unwrapper> unwrapper;
  std::unique_ptr<PatchTaskHandler> handler;
};

StatusOr<std::shared_ptr<TaskHandler>> MakeHandler(const process::Workplace& workplace) {
  const process::ComputeSettings& compute = workplace.compute;
  service::Metrics& metrics = workplace.metrics;
  FW_ASSIGN_OR_RETURN(const nn::Device device, nn::ResolveDevice(compute.device, compute.networks.precision));
  UnwrapOptions options;
  options.threads = compute.threads;
  options.on_call = [&metrics](const nn::NetworkCall& call) {
    metrics.ObserveBatch(call.network, call.rasters, call.seconds);
  };
  const auto stage = std::make_shared<Stage>();
  FW_ASSIGN_OR_RETURN(stage->unwrapper, Unwrapper::Load(workplace.models, device, options));
  FW_RETURN_IF_ERROR(stage->unwrapper->WarmUp());
  const std::vector<std::string> hashes = stage->unwrapper->model_hashes();
  for (size_t i = 0; i < hashes.size(); ++i) metrics.SetModel(nn::kUnwrapperNetworks[i], hashes[i]);
  stage->handler = std::make_unique<PatchTaskHandler>(
      workplace.runs, *stage->unwrapper, workplace.store, device.Kind(),
      [&metrics](const SiteSeries& series) { metrics.CountPixels("unwrapped", series.pixels_unwrapped); });
  return std::shared_ptr<TaskHandler>(stage, stage->handler.get());
}

}  // namespace
}  // namespace fringewatch::unwrapper

int main(int argc, char** argv) {
  using namespace fringewatch;
  return process::RunWorker(argc, argv,
                            {.component = "unwrapper",
                             .description = "Fringewatch unwrapper: measures the sites that the detectors find",
                             .declare = {},
                             .make_handler = unwrapper::MakeHandler});
}
