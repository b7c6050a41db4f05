#include "common/nn/model_file.h"

#include <filesystem>

#include "common/base/hash.h"
#include "common/nn/blocks.h"

namespace fringewatch::nn {
namespace {

std::string WeightsPath(const std::string& dir, const std::string& name) { return dir + "/" + name + ".pt"; }

/// Parameters, then buffers, in the order of their registration; `compact`: convolution weights as float16 on the CPU.
std::vector<torch::Tensor> TensorsOf(const torch::nn::Module& module, bool compact) {
  std::vector<torch::Tensor> tensors = module.parameters();
  const std::vector<torch::Tensor> buffers = module.buffers();
  tensors.insert(tensors.end(), buffers.begin(), buffers.end());
  for (torch::Tensor& tensor : tensors) {
    if (compact)
      tensor = tensor.detach().to(torch::kCPU, tensor.dim() == 4 ? torch::kHalf : tensor.scalar_type()).contiguous();
  }
  return tensors;
}

}  // namespace

Status SaveModel(const std::string& dir, const torch::nn::Module& module, ModelCard& card) {
  const std::string weights = WeightsPath(dir, card.name);
  try {
    std::filesystem::create_directories(dir);
    torch::save(TensorsOf(module, /*compact=*/true), weights + ".part");
    std::filesystem::rename(weights + ".part", weights);
    FW_ASSIGN_OR_RETURN(card.sha256, Sha256File(weights));
    return WriteModelCard(dir, card);
  } catch (const std::exception& failure) {
    return Error(Fault::kNotWritable, "model {} cannot be written: {}", weights, failure.what());
  }
}

StatusOr<ModelCard> LoadModel(const std::string& dir, const std::string& name, const std::string& architecture,
                              torch::nn::Module& module) {
  FW_ASSIGN_OR_RETURN(ModelCard card, ReadModelCard(dir, name));
  const std::string path = WeightsPath(dir, name);
  const StatusOr<std::string> sha256 = Sha256File(path);
  if (!sha256.ok()) return Error(Fault::kModelRefused, "weights {} cannot be read; {}", path, kModelRemedy);
  if (*sha256 != card.sha256) {
    return Error(Fault::kModelRefused, "weights {} have SHA-256 {}, the model card says {}; {}", path, *sha256,
                 card.sha256, kModelRemedy);
  }
  if (card.architecture != architecture) {
    return Error(Fault::kModelRefused, "weights {} are for '{}', this program needs '{}'; {}", path, card.architecture,
                 architecture, kModelRemedy);
  }
  try {
    std::vector<torch::Tensor> stored;
    torch::load(stored, path);
    const std::vector<torch::Tensor> tensors = TensorsOf(module, /*compact=*/false);
    TORCH_CHECK(stored.size() == tensors.size(), stored.size(), " tensors, not ", tensors.size());
    const torch::NoGradGuard no_grad;
    for (size_t i = 0; i < tensors.size(); ++i) {
      TORCH_CHECK(stored[i].sizes() == tensors[i].sizes(), "tensor ", i, " has another shape");
      tensors[i].copy_(stored[i]);
    }
  } catch (const std::exception& failure) {
    return Error(Fault::kModelRefused, "weights {} do not fit the network: {}; {}", path, failure.what(), kModelRemedy);
  }
  return card;
}

void PrepareForInference(torch::nn::Module& module, const Device& device) {
  const torch::NoGradGuard no_grad;
  FoldNorms(module);
  module.to(device.device, device.precision);
  for (torch::Tensor& parameter : module.parameters()) {
    parameter.set_requires_grad(false);
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
  }
}

}  // namespace fringewatch::nn
