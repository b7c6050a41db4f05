/// The order of the layers of a MultiScaleNet, for whatever computes them.
#pragma once

#include <vector>

#include "common/nn/blocks.h"

namespace fringewatch::nn {

/// `Layers` computes or records Conv(unit, x), Residual(block, x) and UpsampleOnto(x, skip), each of which returns a
/// Value. The `x` of a residual block and `skip` are not used after it. All but the last layer.
template <typename Layers>
auto MultiScaleNetImpl::Compose(Layers& layers, typename Layers::Value x) {
  x = layers.Conv(stem_, x);
  std::vector<typename Layers::Value> skips;
  for (size_t level = 0; level < down_.size(); ++level) {
    x = layers.Residual(encoder_[level], x);
    skips.push_back(x);
    x = layers.Conv(down_[level], x);
  }
  for (ResidualBlock& block : bottom_) x = layers.Residual(block, x);
  for (size_t level = down_.size(); level-- > 0;) {
    x = layers.UpsampleOnto(layers.Conv(lateral_[level], x), skips[level]);
    x = layers.Conv(merge_[level], x);
  }
  return x;
}

}  // namespace fringewatch::nn
