/// Where and in which precision the networks run.
#pragma once

#include <torch/torch.h>

#include <string>

#include "common/base/status.h"

namespace fringewatch::nn {

/// A resolved choice; see ResolveDevice.
struct Device {
  torch::Device device = torch::kCPU;
  torch::Dtype precision = torch::kFloat32;    ///< kFloat32 or kBFloat16
  [[nodiscard]] std::string ToString() const;  ///< "cpu bf16", "cuda:0 fp32"
  /// Without the index, as ComputeName: "cpu bf16", "cuda fp32". What runs and products name.
  [[nodiscard]] std::string Kind() const;
};

/// `device`: "auto", "cpu", "cuda", "cuda:N"; auto = the first CUDA device, else the CPU.
/// `precision`: "auto", "fp32", "bf16"; auto = bf16 where the processor computes in it (AVX512-BF16 or AMX on a CPU,
/// compute capability 8 or newer on CUDA), else fp32.
/// \error kBadOption for another word, or for a device that is not there, with what is.
[[nodiscard]] StatusOr<Device> ResolveDevice(const std::string& device, const std::string& precision);

}  // namespace fringewatch::nn
