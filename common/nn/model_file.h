/// Weights on disk: `<name>.pt` (a libtorch archive of the tensors, convolution weights as float16) and its model card
/// `<name>.json`, which holds the SHA-256 of the weights. A model whose bytes do not match its card is refused.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <string>

#include "common/base/status.h"
#include "common/nn/device.h"

namespace fringewatch::nn {

/// Where a model comes from and how good it is.
struct ModelCard {
  std::string name;
  std::string architecture;  ///< MultiScaleShape::ToString()
  std::string sha256;        ///< of the weights file
  std::string trained_on;    ///< where its samples come from
  std::string command;       ///< that trained it
  uint64_t seed = 0;
  long samples = 0;  ///< simulated samples drawn
  long steps = 0;
  double minutes = 0.0;
  std::string machine;                   ///< processor and device
  std::map<std::string, double> scores;  ///< on held-out scenes
};

/// Writes weights and card, each whole or not at all; fills `card.sha256`. The card goes last.
/// \error kNotWritable
[[nodiscard]] Status SaveModel(const std::string& dir, const torch::nn::Module& module, ModelCard& card);

/// Reads the card only. \error kModelRefused when it is missing or not a card.
[[nodiscard]] StatusOr<ModelCard> ReadModelCard(const std::string& dir, const std::string& name);

/// Loads weights into `module`, whose architecture must be the card's.
/// \error kModelRefused with the file, both hashes (or both architectures) and the remedy.
[[nodiscard]] StatusOr<ModelCard> LoadModel(const std::string& dir, const std::string& name,
                                            const std::string& architecture, torch::nn::Module& module);

/// Evaluation mode, norms folded, on the device, in its precision, channels-last weights.
void PrepareForInference(torch::nn::Module& module, const Device& device);

}  // namespace fringewatch::nn
