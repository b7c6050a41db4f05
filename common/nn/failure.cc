#include "common/nn/failure.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <new>
#include <system_error>

namespace fringewatch::nn {
namespace {

std::string TextOf(const std::exception& failure) {
  const auto* torch_failure = dynamic_cast<const c10::Error*>(&failure);
  return torch_failure ? torch_failure->what_without_backtrace() : failure.what();
}

/// How libtorch and the libraries below it say so: CUDA's and the CPU's allocators, cuDNN and cuBLAS.
constexpr std::array kOutOfMemoryTexts = {"out of memory", "not enough memory", "can't allocate memory",
                                          "ALLOC_FAILED"};

}  // namespace

bool IsOutOfMemory(const std::exception& failure) {
  if (dynamic_cast<const std::bad_alloc*>(&failure) != nullptr) return true;
  // No room for the stack of a thread.
  const auto* of_system = dynamic_cast<const std::system_error*>(&failure);
  if (of_system != nullptr && of_system->code() == std::errc::resource_unavailable_try_again) return true;
  const std::string text = TextOf(failure);
  return std::any_of(kOutOfMemoryTexts.begin(), kOutOfMemoryTexts.end(),
                     [&](const char* words) { return text.find(words) != std::string::npos; });
}

Status StatusOfException(const std::exception& failure, const std::string& work, const std::string& memory_remedy) {
  if (IsOutOfMemory(failure)) {
    return Error(Fault::kOutOfMemory, "{} ran out of memory ({}); {}", work, TextOf(failure), memory_remedy);
  }
  return Error(Fault::kInternal, "{} failed in a library: {}; report it with this message", work, TextOf(failure));
}

}  // namespace fringewatch::nn
