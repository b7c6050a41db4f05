/// Writes a simulated scene as a LiCSAR frame, with its truth beside it.
#pragma once

#include <functional>
#include <string>

#include "common/base/status.h"
#include "common/sim/scene.h"

namespace fringewatch::io {

/// Writes into `folder` (made when missing; files of the same names are replaced):
///   interferograms/<d1>_<d2>/<d1>_<d2>.geo.diff_pha.tif (float32, rad, 0 = missing), .geo.cc.tif (uint8, 255 = 1)
///   metadata/<frame>.geo.{E,N,U,hgt}.tif, metadata.txt, baselines
///   truth/sites.gpkg (layer `truth`), velocity.tif (mm/yr), displacement_<date>.tif (mm), line of sight, positive
///   towards the satellite
/// Works in strips, on two pairs at a time: memory does not grow with the number of rows. `progress` is called with
/// the number of finished pairs, by one thread at a time. \error kNotWritable
[[nodiscard]] Status WriteSimulation(const sim::Scene& scene, const std::string& folder,
                                     const std::function<void(int done)>& progress = {});

}  // namespace fringewatch::io
