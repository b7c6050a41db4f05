/// With which networks, and in which numbers, runs are computed: a scheduler and its workers must agree.
#pragma once

#include <string>

#include "common/service/settings.h"

namespace fringewatch::process {

struct NetworkSettings {
  std::string folder;              ///< empty = nn::FindModels
  std::string precision = "auto";  ///< auto, fp32, bf16
};
/// As `models.folder` and `compute.precision`.
void Declare(service::Settings& settings, NetworkSettings& networks);

}  // namespace fringewatch::process
