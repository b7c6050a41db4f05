/// `fringewatch doctor`: what this machine can do, and whether the networks are whole.
#include <gdal_version.h>
#include <torch/version.h>

#include "common/base/parallel.h"
#include "common/base/version.h"
#include "common/nn/blocks.h"
#include "common/nn/model_card.h"
#include "services/cli/commands.h"
#include "services/detector/core/detect.h"
#include "services/unwrapper/core/unwrap_patch.h"

namespace fringewatch::cli {
namespace {

Status CheckModels(const ComputeOptions& options, const nn::Device& device) {
  FW_ASSIGN_OR_RETURN(const std::string models, nn::FindModels(options.models));
  fmt::print("models      {}\n", models);
  const auto detector = detector::Detector::Load(models, device, {});
  const auto unwrapper = unwrapper::Unwrapper::Load(models, device, {});
  Problems problems;
  for (const Status& status : {detector.status(), unwrapper.status()}) {
    if (!status.ok()) problems.Add(Fault::kModelRefused, MessageOf(status));
  }
  FW_RETURN_IF_ERROR(problems.ToStatus("models"));
  for (const auto& hashes : {(*detector)->model_hashes(), (*unwrapper)->model_hashes()}) {
    for (const std::string& hash : hashes) fmt::print("            {}\n", hash);
  }
  return {};
}

Status Doctor(const ComputeOptions& options) {
  fmt::print("fringewatch {}\nlibtorch    {}\nGDAL        {}\nprocessors  {}\n", kVersion, TORCH_VERSION,
             GDAL_RELEASE_NAME, HardwareThreads());
  fmt::print("CUDA        {}\n", torch::cuda::is_available() ? fmt::format("{} device(s)", torch::cuda::device_count())
                                                             : std::string("none"));
  FW_ASSIGN_OR_RETURN(const nn::Device device, nn::ResolveDevice(options.device, options.precision));
  fmt::print("device      {}\n", device.ToString());
  if (device.device.is_cpu()) fmt::print("networks    {}\n", nn::ProcessorLibrary());
  FW_RETURN_IF_ERROR(CheckModels(options, device));
  fmt::print("all well\n");
  return {};
}

}  // namespace

ExitCode DoctorCommand(const ComputeOptions& options) { return Report(Doctor(options)); }

}  // namespace fringewatch::cli
