/// Weights on disk: `<name>.pt` (a libtorch archive of the tensors, convolution weights as float16) and its model card
/// `<name>.json`, which holds the SHA-256 of the weights. A model whose bytes do not match its card is refused.
#pragma once

#include <torch/torch.h>

#include <string>

#include "common/base/status.h"
#include "common/nn/device.h"
#include "common/nn/model_card.h"

namespace fringewatch::nn {

/// Writes weights and card, each whole or not at all; fills `card.sha256`. The card goes last.
/// \error kNotWritable
[[nodiscard]] Status SaveModel(const std::string& dir, const torch::nn::Module& module, ModelCard& card);

/// Loads weights into `module`, whose architecture must be the card's.
/// \error kModelRefused with the file, both hashes (or both architectures) and the remedy.
[[nodiscard]] StatusOr<ModelCard> LoadModel(const std::string& dir, const std::string& name,
                                            const std::string& architecture, torch::nn::Module& module);

/// Evaluation mode, norms folded, on the device, in its precision, channels-last weights.
void PrepareForInference(torch::nn::Module& module, const Device& device);

}  // namespace fringewatch::nn
