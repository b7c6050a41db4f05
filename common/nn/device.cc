#include "common/nn/device.h"

#include <charconv>

#include "common/nn/compute_name.h"

namespace fringewatch::nn {
namespace {

StatusOr<torch::Device> ResolvePlace(const std::string& name) {
  const int cuda_devices = torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0;
  if (name == "cpu" || (name == "auto" && cuda_devices == 0)) return torch::Device(torch::kCPU);
  int index = 0;
  if (name.starts_with("cuda:")) {
    const char* end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + 5, end, index);
    if (error != std::errc() || stop != end || index < 0) index = -1;
  } else if (name != "cuda" && name != "auto") {
    index = -1;
  }
  if (index < 0) {
    return Error(Fault::kBadOption, "--device '{}' is not known; use auto, cpu, cuda or cuda:N", name);
  }
  if (index >= cuda_devices) {
    return Error(Fault::kBadOption, "--device '{}' is not there: this machine has {} CUDA device(s); use cpu or auto",
                 name, cuda_devices);
  }
  return torch::Device(torch::kCUDA, static_cast<c10::DeviceIndex>(index));
}

}  // namespace

std::string Device::ToString() const { return device.str() + (precision == torch::kBFloat16 ? " bf16" : " fp32"); }

std::string Device::Kind() const {
  return std::string(device.is_cuda() ? "cuda" : "cpu") + (precision == torch::kBFloat16 ? " bf16" : " fp32");
}

StatusOr<Device> ResolveDevice(const std::string& device, const std::string& precision) {
  FW_ASSIGN_OR_RETURN(const torch::Device place, ResolvePlace(device));
  const StatusOr<std::string> resolved = ResolvePrecision(place.is_cuda(), precision);
  if (!resolved.ok()) return resolved.status();
  return Device{place, *resolved == "bf16" ? torch::kBFloat16 : torch::kFloat32};
}

}  // namespace fringewatch::nn
