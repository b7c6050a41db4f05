/// How runs and products name what computed them: the kind of device and the precision, "cpu bf16". Equal inputs give
/// equal bytes only on one kind and precision, so that it is part of what identifies a run. Needs no libtorch.
#pragma once

#include <string>

#include "common/base/status.h"

namespace fringewatch::nn {

/// Whether the `auto` precision of the CPU this runs on is bf16: it computes in it (AVX512-BF16 or AMX).
[[nodiscard]] bool CpuComputesInBfloat16();

/// "bf16" or "fp32"; `precision`: "auto", "fp32", "bf16". auto = bf16 on CUDA and on a CPU that computes in it.
/// \error kBadOption for another word.
[[nodiscard]] StatusOr<std::string> ResolvePrecision(bool cuda, const std::string& precision);

/// "cpu bf16", "cuda fp32", ... `kind`: "auto", "cpu", "cuda"; auto = cpu. The precision `auto` of the CPU is that of
/// this machine: where workers differ from it, the operator names one. \error kBadOption for another word.
[[nodiscard]] StatusOr<std::string> ComputeName(const std::string& kind, const std::string& precision);

}  // namespace fringewatch::nn
