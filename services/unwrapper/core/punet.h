/// PUNet: unwraps one interferogram by what deformation looks like, beyond the limit of pi per pixel of classical
/// methods. After Wu et al. (2021), as a multi-scale network that also states how sure it is.
#pragma once

#include "common/nn/blocks.h"

namespace fringewatch::unwrapper {

using PuNet = nn::MultiScaleNet;
inline constexpr char kPuNetName[] = "punet";

/// (B, 3, H, W) as nn::PackPair makes it -> (B, 2, H, W): unwrapped phase in rad, up to a constant, and the log of its
/// scale of error (Laplace) in rad. H and W multiples of PuNetShape().Multiple().
[[nodiscard]] nn::MultiScaleShape PuNetShape();
[[nodiscard]] PuNet MakePuNet();

}  // namespace fringewatch::unwrapper
