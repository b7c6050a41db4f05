/// MultiScaleNet as a ConvPlan.
#include "common/nn/compose.h"
#include "common/nn/conv_plan.h"

namespace fringewatch::nn {
namespace {

struct PlannedLayers {
  using Value = ConvPlan::Value;
  ConvPlan& plan;
  Value Conv(const ConvUnit& unit, Value x) { return plan.Conv(x, unit->Layer(), unit->relu()); }
  Value Residual(const ResidualBlock& block, Value x) {
    return plan.ConvOnto(Conv(block->first(), x), block->second()->Layer(), x);
  }
  Value UpsampleOnto(Value x, Value skip) { return plan.UpsampleOnto(x, skip); }
};

}  // namespace

ConvLayer ConvUnitImpl::Layer() const {
  TORCH_CHECK(!norm_, "a layer is a unit after Fold()");
  return {weight_, bias_, stride_, padding_, dilation_};
}

std::shared_ptr<ConvPlans> MultiScaleNetImpl::NewPlans() { return std::make_shared<ConvPlans>(); }

void MultiScaleNetImpl::FreeScratch() { plans_->FreeScratch(); }

std::optional<torch::Tensor> MultiScaleNetImpl::Planned(const torch::Tensor& input, torch::Dtype precision) {
  return plans_->Run(input, precision, [&] {
    auto plan = std::make_shared<ConvPlan>(precision);
    PlannedLayers layers{*plan};
    const ConvPlan::Value last = Compose(layers, plan->Input(input.sizes(), shape_.patch_px));
    plan->Head(last, {.weight = head_->weight, .bias = head_->bias, .padding_px = 1}, shape_.OutputPatch());
    plan->Finish();
    return plan;
  });
}

std::string ProcessorLibrary() { return "plans of oneDNN " + OneDnnVersion(); }

}  // namespace fringewatch::nn
