#include "common/nn/device.h"

#include <charconv>

namespace fringewatch::nn {
namespace {

bool CpuComputesInBfloat16() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512bf16") != 0;  // processors with AMX have it, too
#else
  return false;
#endif
}

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

StatusOr<Device> ResolveDevice(const std::string& device, const std::string& precision) {
  FW_ASSIGN_OR_RETURN(const torch::Device place, ResolvePlace(device));
  if (precision != "auto" && precision != "fp32" && precision != "bf16") {
    return Error(Fault::kBadOption, "--precision '{}' is not known; use auto, fp32 or bf16", precision);
  }
  const bool fast_bf16 = place.is_cuda() || CpuComputesInBfloat16();
  const bool bf16 = precision == "bf16" || (precision == "auto" && fast_bf16);
  return Device{place, bf16 ? torch::kBFloat16 : torch::kFloat32};
}

}  // namespace fringewatch::nn
