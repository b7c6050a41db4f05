/// PUNet: unwraps one interferogram by what moving ground looks like, beyond the limit of pi per pixel of classical
/// methods (the idea of Wu et al. 2021).
///
/// The network sees the wrapped steps between neighbours, which do not depend on the phase's origin, and answers with
/// the true steps: a local question. They are integrated by least squares, as Ghiglia and Romero (1994) do without
/// weights: one Poisson equation, solved exactly by cosine transforms.
#pragma once

#include "common/nn/blocks.h"
#include "common/nn/model_card.h"

namespace fringewatch::unwrapper {

inline constexpr const char* kPuNetName = nn::kUnwrapperNetworks[0];

/// 5 channels in (cosine and sine of the wrapped step right and down, coherence), 3 out (true step right and down in
/// rad, log scale of error).
[[nodiscard]] nn::MultiScaleShape PuNetShape();

class PuNetImpl : public torch::nn::Module {
 public:
  PuNetImpl();
  /// (B, 3, H, W) as nn::PackPair makes it -> (B, 2, H, W) float32: unwrapped phase in rad with mean 0, and the log of
  /// its scale of error in rad (Laplace). H and W multiples of shape().Multiple().
  torch::Tensor forward(const torch::Tensor& input);
  [[nodiscard]] const nn::MultiScaleShape& shape() const { return net_->shape(); }

 private:
  nn::MultiScaleNet net_{nullptr};
};
TORCH_MODULE(PuNet);

/// (B, 3, H, W) -> (B, 5, H, W): the network's input. The step to the right of the last column and the one below the
/// last row are 0, as are steps from or to missing pixels.
[[nodiscard]] torch::Tensor WrappedSteps(const torch::Tensor& pair);

/// The raster of mean 0 whose steps are nearest to the given ones in the sense of least squares. All (B, H, W)
/// float32; the last column of `right` and the last row of `down` do not count.
[[nodiscard]] torch::Tensor IntegrateSteps(const torch::Tensor& right, const torch::Tensor& down);

}  // namespace fringewatch::unwrapper
