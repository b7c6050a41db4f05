/// fringewatch-train: trains the networks on the scene simulator.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "common/base/memory.h"
#include "common/base/parallel.h"
#include "services/trainer/training.h"

namespace {

int Fail(const fringewatch::Status& status) {
  fmt::print(stderr, "fringewatch-train: {}\n", fringewatch::MessageOf(status));
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace fringewatch;
  KeepFreedMemory();
  trainer::TrainingOptions options;
  std::string network, device = "auto", precision = "auto";
  int threads = 0;
  CLI::App app("Trains a network on simulated scenes; writes weights and a model card.");
  app.add_option("network", network, "ddnet, punet or stack (needs ddnet)")->required();
  app.add_option("--out", options.out_dir, "folder of the weights and the model card")->capture_default_str();
  app.add_option("--work-dir", options.work_dir, "folder of checkpoint and log")->capture_default_str();
  app.add_option("--seed", options.seed)->capture_default_str();
  app.add_option("--minutes", options.minutes, "wall clock, over all resumed runs; 0: no limit")->capture_default_str();
  app.add_option("--steps", options.steps, "0: no limit")->capture_default_str();
  app.add_option("--batch", options.batch)->capture_default_str();
  app.add_option("--size", options.size_px, "pixels of a training patch")->capture_default_str();
  app.add_option("--reuse", options.reuse, "times that a simulated sample is trained on")->capture_default_str();
  app.add_option("--validation", options.validation_samples, "held-out samples")->capture_default_str();
  app.add_option("--check-minutes", options.check_minutes, "between checkpoints")->capture_default_str();
  app.add_option("--learning-rate", options.learning_rate)->capture_default_str();
  app.add_option("--threads", threads, "0: all processors")->capture_default_str();
  app.add_option("--producers", options.producer_threads, "threads that simulate")->capture_default_str();
  app.add_option("--device", device, "auto, cpu, cuda, cuda:N")->capture_default_str();
  app.add_option("--precision", precision, "auto, fp32, bf16")->capture_default_str();
  app.add_option("--from", options.from, "folder of weights to start from, instead of random ones");
  app.add_flag("--resume", options.resume, "go on from the checkpoint in --work-dir");
  CLI11_PARSE(app, argc, argv);
  options.command = "fringewatch-train";
  for (int i = 1; i < argc; ++i) options.command += std::string(" ") + argv[i];

  const StatusOr<nn::Device> place = nn::ResolveDevice(device, precision);
  if (!place.ok()) return Fail(place.status());
  // One replica per processor scales better than parallel loops inside each layer, most of all on a busy machine.
  if (place->device.is_cpu()) options.replicas = threads > 0 ? threads : HardwareThreads();
  at::set_num_threads(1);
  const StatusOr<std::unique_ptr<trainer::Lesson>> lesson = trainer::MakeLesson(network, options.out_dir, *place);
  if (!lesson.ok()) return Fail(lesson.status());
  const StatusOr<nn::ModelCard> card = trainer::Train(**lesson, *place, options);
  if (!card.ok()) return Fail(card.status());
  fmt::print("{}/{}.pt  SHA-256 {}\n", options.out_dir, card->name, card->sha256);
  return 0;
}
