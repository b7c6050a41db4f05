/// The training loop: draw, augment, step, score on held-out scenes, keep the best and in the end the last, checkpoint.
#pragma once

#include <string>

#include "common/nn/device.h"
#include "common/nn/model_file.h"
#include "services/trainer/lesson.h"

namespace fringewatch::trainer {

struct TrainingOptions {
  std::string out_dir = "deploy/models";  ///< weights and model card of the best state so far, in the end of the last
  std::string work_dir = "build/train";   ///< checkpoint and log
  uint64_t seed = 1;
  double minutes = 25.0;  ///< wall clock, over all resumed runs; 0 = no limit
  long steps = 0;         ///< 0 = no limit; at least one limit is needed
  int batch = 16;
  int size_px = 128;
  int reuse = 4;  ///< times that a drawn sample is trained on, differently augmented
  int validation_samples = 128;
  double check_minutes = 2.0;   ///< between validations and checkpoints
  double learning_rate = 2e-3;  ///< peak of AdamW (Loshchilov and Hutter 2019) with cosine decay
  int replicas = 1;             ///< copies of the network that share a batch, one thread each
  int producer_threads = 2;
  bool resume = false;
  std::string from;     ///< folder of weights to start from; empty = random ones
  std::string command;  ///< for the model card
};

/// Trains and returns the card of the last state, which lies in out_dir. Prints progress to standard output.
/// \error kBadOption, kNotWritable, kModelRefused (resuming another architecture), kInternal (the loss is not finite)
[[nodiscard]] StatusOr<nn::ModelCard> Train(const Lesson& lesson, const nn::Device& device,
                                            const TrainingOptions& options);

}  // namespace fringewatch::trainer
