#include "common/process/network_settings.h"

namespace fringewatch::process {

void Declare(service::Settings& settings, NetworkSettings& networks) {
  settings.Add("models.folder", networks.folder, "Folder of the networks; empty = those that were installed");
  settings.Add("compute.precision", networks.precision, "Of the workers: auto, fp32 or bf16");
}

}  // namespace fringewatch::process
