/// A build without oneDNN: libtorch computes everything.
#include "common/nn/blocks.h"

namespace fringewatch::nn {

std::shared_ptr<ConvPlans> MultiScaleNetImpl::NewPlans() { return nullptr; }
void MultiScaleNetImpl::FreeScratch() {}
std::optional<torch::Tensor> MultiScaleNetImpl::Planned(const torch::Tensor&, torch::Dtype) { return std::nullopt; }
std::string ProcessorLibrary() { return "libtorch"; }

}  // namespace fringewatch::nn
