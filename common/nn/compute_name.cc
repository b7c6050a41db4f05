#include "common/nn/compute_name.h"

namespace fringewatch::nn {

bool CpuComputesInBfloat16() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512bf16") != 0;  // processors with AMX have it, too
#else
  return false;
#endif
}

StatusOr<std::string> ResolvePrecision(bool cuda, const std::string& precision) {
  if (precision == "fp32" || precision == "bf16") return precision;
  if (precision == "auto") return std::string(cuda || CpuComputesInBfloat16() ? "bf16" : "fp32");
  return Error(Fault::kBadOption, "--precision '{}' is not known; use auto, fp32 or bf16", precision);
}

StatusOr<std::string> ComputeName(const std::string& kind, const std::string& precision) {
  if (kind != "auto" && kind != "cpu" && kind != "cuda") {
    return Error(Fault::kBadOption, "compute kind '{}' is not known; use auto, cpu or cuda", kind);
  }
  const bool cuda = kind == "cuda";
  FW_ASSIGN_OR_RETURN(const std::string resolved, ResolvePrecision(cuda, precision));
  return (cuda ? "cuda " : "cpu ") + resolved;
}

}  // namespace fringewatch::nn
