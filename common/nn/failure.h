/// What a network library throws, in our words.
#pragma once

#include <exception>
#include <string>

#include "common/base/status.h"

namespace fringewatch::nn {

/// Whether memory, of the machine or of its device, was what lacked.
[[nodiscard]] bool IsOutOfMemory(const std::exception& failure);

/// kOutOfMemory with the remedy when memory was the matter, else kInternal. `work` names what was being done.
[[nodiscard]] Status StatusOfException(const std::exception& failure, const std::string& work,
                                       const std::string& memory_remedy);

}  // namespace fringewatch::nn
