/// One call of a network, for whoever counts them.
#pragma once

#include <functional>
#include <string>

namespace fringewatch::nn {

struct NetworkCall {
  std::string network;  ///< its name: "ddnet"
  int rasters = 0;      ///< of the batch
  double seconds = 0;   ///< with the copies to and from the device
};

/// Told of each call when it is done, from whatever thread made it. What it throws counts as the call's own failure.
using CallObserver = std::function<void(const NetworkCall&)>;

}  // namespace fringewatch::nn
