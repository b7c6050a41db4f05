/// What one network learns: its shape, where its samples come from, its loss and its scores.
#pragma once

#include <torch/torch.h>

#include <map>
#include <memory>
#include <string>

#include "common/base/random.h"
#include "common/base/status.h"
#include "common/nn/blocks.h"
#include "common/nn/device.h"

namespace fringewatch::trainer {

/// One simulated example, float32 on the CPU.
struct Sample {
  torch::Tensor input;   ///< (channels, H, W)
  torch::Tensor target;  ///< (planes, h, w), as Loss and Score of the lesson read it
};

using Scores = std::map<std::string, double>;

/// Adds up scores over batches of held-out samples.
class ScoreSum {
 public:
  virtual ~ScoreSum() = default;
  /// `output` (B, out, h, w) float32, `target` (B, planes, h, w).
  virtual void Add(const torch::Tensor& output, const torch::Tensor& target) = 0;
  [[nodiscard]] virtual Scores Result() const = 0;
};

/// Stateless apart from what the constructor loads; Draw is called from several threads.
class Lesson {
 public:
  virtual ~Lesson() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual nn::MultiScaleShape shape() const = 0;
  /// A fresh network of that shape.
  [[nodiscard]] virtual torch::nn::AnyModule NewNet() const { return torch::nn::AnyModule(nn::MultiScaleNet(shape())); }
  /// What it learns from, for the model card.
  [[nodiscard]] virtual std::string trained_on() const { return "simulated scenes"; }
  /// The sample of a seed: always the same, `size_px` square.
  [[nodiscard]] virtual StatusOr<Sample> Draw(uint64_t seed, int size_px) const = 0;
  /// The same scene seen differently: mirrored, transposed, phase shifted.
  [[nodiscard]] virtual Sample Augment(const Sample& sample, KeyedRandom& random) const = 0;
  [[nodiscard]] virtual torch::Tensor Loss(const torch::Tensor& output, const torch::Tensor& target) const = 0;
  [[nodiscard]] virtual std::unique_ptr<ScoreSum> NewScores() const = 0;
  /// The score by which a checkpoint replaces the one before; higher is better.
  [[nodiscard]] virtual double Merit(const Scores& scores) const = 0;
};

[[nodiscard]] std::unique_ptr<Lesson> MakeDetectionLesson();
[[nodiscard]] std::unique_ptr<Lesson> MakeUnwrapLesson();
/// Needs a trained DDNet in `model_dir`, which runs on `device`. \error kModelRefused
[[nodiscard]] StatusOr<std::unique_ptr<Lesson>> MakeStackLesson(const std::string& model_dir, const nn::Device& device);

/// "ddnet", "punet" or "stack". \error kBadOption, kModelRefused
[[nodiscard]] StatusOr<std::unique_ptr<Lesson>> MakeLesson(const std::string& name, const std::string& model_dir,
                                                           const nn::Device& device);

}  // namespace fringewatch::trainer
