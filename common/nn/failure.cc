#include "common/nn/failure.h"

#include <torch/torch.h>

#include <new>

namespace fringewatch::nn {

Status StatusOfException(const std::exception& failure, const std::string& work, const std::string& memory_remedy) {
  const auto* torch_failure = dynamic_cast<const c10::Error*>(&failure);
  const std::string text = torch_failure ? torch_failure->what_without_backtrace() : failure.what();
  if (dynamic_cast<const std::bad_alloc*>(&failure) || text.find("memory") != std::string::npos) {
    return Error(Fault::kOutOfMemory, "{} ran out of memory ({}); {}", work, text, memory_remedy);
  }
  return Error(Fault::kInternal, "{} failed in a library: {}; report it with this message", work, text);
}

}  // namespace fringewatch::nn
