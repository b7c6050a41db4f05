#include "services/trainer/training.h"

#include <fmt/chrono.h>
#include <fmt/ostream.h>

#include <chrono>
#include <cmath>
#include <deque>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <optional>

#include "common/base/parallel.h"
#include "common/nn/packing.h"
#include "services/trainer/sample_stream.h"

namespace fringewatch::trainer {
namespace {

constexpr size_t kReplaySamples = 4096;
constexpr long kWarmUpSteps = 100;
constexpr double kMaxGradientNorm = 5.0;

double SecondsNow() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// "AMD EPYC, cpu bf16".
std::string MachineName(const nn::Device& device, int replicas) {
  std::ifstream info("/proc/cpuinfo");
  std::string line, model = "unknown processor";
  while (std::getline(info, line)) {
    if (line.starts_with("model name")) {
      model = line.substr(line.find(':') + 2);
      break;
    }
  }
  return fmt::format("{}, {} threads, {}", model, replicas * at::get_num_threads(), device.ToString());
}

/// A network under its two faces: callable, and a tree of tensors.
struct Net {
  explicit Net(torch::nn::AnyModule module) : forward(std::move(module)), tree(forward.ptr()) {}
  torch::nn::AnyModule forward;
  std::shared_ptr<torch::nn::Module> tree;
};

/// Copies parameters and buffers.
void CopyState(const torch::nn::Module& from, torch::nn::Module& to) {
  const torch::NoGradGuard no_grad;
  const auto copy = [](const std::vector<torch::Tensor>& source, const std::vector<torch::Tensor>& target) {
    for (size_t i = 0; i < source.size(); ++i) target[i].copy_(source[i]);
  };
  copy(from.parameters(), to.parameters());
  copy(from.buffers(), to.buffers());
}

/// Everything that one training carries from step to step.
class Training {
 public:
  Training(const Lesson& lesson, const nn::Device& device, const TrainingOptions& options)
      : lesson_(lesson),
        device_(device),
        options_(options),
        nets_(MakeNets(lesson, options.replicas)),
        net_(nets_[0].tree),
        optimizer_(net_->parameters(), torch::optim::AdamWOptions(options.learning_rate).weight_decay(1e-4)) {
    for (Net& net : nets_) net.tree->to(device.device);
    card_.name = lesson.name();
    card_.architecture = lesson.shape().ToString();
    card_.trained_on = lesson.trained_on();
    card_.command = options.command;
    card_.seed = options.seed;
    card_.machine = MachineName(device, options.replicas);
  }

  StatusOr<nn::ModelCard> Run() {
    if (!options_.from.empty()) FW_RETURN_IF_ERROR(StartFrom(options_.from));
    if (options_.resume) FW_RETURN_IF_ERROR(Resume());
    FW_RETURN_IF_ERROR(DrawValidation());
    const double minutes_before = card_.minutes, start = SecondsNow();
    double next_check = card_.minutes + options_.check_minutes;
    SampleStream stream([&](long i) { return lesson_.Draw(TrainingSeed(options_.seed, i), options_.size_px); },
                        card_.samples, options_.producer_threads, 4 * options_.batch);
    while (Progress() < 1.0) {
      FW_RETURN_IF_ERROR(Step(stream));
      card_.minutes = minutes_before + (SecondsNow() - start) / 60.0;
      if (card_.minutes >= next_check || Progress() >= 1.0) {
        FW_RETURN_IF_ERROR(Check());
        next_check = card_.minutes + options_.check_minutes;
      }
    }
    return nn::ReadModelCard(options_.out_dir, lesson_.name());
  }

 private:
  /// Share of the training that is done, 0 to 1.
  double Progress() const {
    const double by_time = options_.minutes > 0.0 ? card_.minutes / options_.minutes : 0.0;
    const double by_steps = options_.steps > 0 ? static_cast<double>(card_.steps) / options_.steps : 0.0;
    return std::max(by_time, by_steps);
  }

  Status DrawValidation() {
    SampleStream stream([&](long i) { return lesson_.Draw(ValidationSeed(options_.seed, i), options_.size_px); }, 0,
                        options_.producer_threads, options_.batch);
    for (int i = 0; i < options_.validation_samples; ++i) {
      FW_ASSIGN_OR_RETURN(Sample sample, stream.Next());
      validation_.push_back(std::move(sample));
    }
    return Status();
  }

  /// Fresh samples, and earlier ones in a new guise.
  StatusOr<Sample> DrawBatch(SampleStream& stream) {
    KeyedRandom random(HashKeys(options_.seed, 0x6261746368ULL, card_.steps));
    const int fresh = replay_.size() < static_cast<size_t>(options_.batch)
                          ? options_.batch
                          : std::max(1, options_.batch / std::max(1, options_.reuse));
    std::vector<torch::Tensor> inputs, targets;
    for (int i = 0; i < options_.batch; ++i) {
      if (i < fresh) {
        FW_ASSIGN_OR_RETURN(Sample sample, stream.Next());
        replay_.push_back(std::move(sample));
        if (replay_.size() > kReplaySamples) replay_.pop_front();
      }
      const size_t pick = i < fresh ? replay_.size() - 1 : random.Next() % replay_.size();
      const Sample view = lesson_.Augment(replay_[pick], random);
      inputs.push_back(view.input);
      targets.push_back(view.target);
    }
    card_.samples = stream.next_index();
    return Sample{torch::stack(inputs), torch::stack(targets)};
  }

  static std::vector<Net> MakeNets(const Lesson& lesson, int count) {
    std::vector<Net> nets;
    for (int i = 0; i < std::max(1, count); ++i) nets.emplace_back(lesson.NewNet());
    return nets;
  }

  /// Gradients and buffers of the net, from replicas that each take a part of the batch; the mean loss.
  double Backward(const Sample& batch) {
    const int count = static_cast<int>(nets_.size());
    const std::vector<torch::Tensor> inputs = batch.input.chunk(count), targets = batch.target.chunk(count);
    std::vector<double> losses(inputs.size());
    ParallelFor(static_cast<int>(inputs.size()), count, [&](int i) {
      torch::nn::Module& tree = *nets_[i].tree;
      if (i > 0) CopyState(*net_, tree);
      tree.train();
      tree.zero_grad();
      const torch::Tensor output = nets_[i].forward.forward(nn::ToDevice(inputs[i], device_)).to(torch::kFloat32);
      const torch::Tensor loss = lesson_.Loss(output, targets[i].to(device_.device));
      loss.backward();
      losses[i] = loss.item<double>();
    });
    GatherReplicas(static_cast<int>(inputs.size()));
    return std::accumulate(losses.begin(), losses.end(), 0.0) / static_cast<double>(losses.size());
  }

  /// Means over the first `count` replicas, into the net.
  void GatherReplicas(int count) {
    const torch::NoGradGuard no_grad;
    const auto gather = [&](auto tensor_of) {
      const std::vector<torch::Tensor> means = tensor_of(*net_);
      for (int i = 1; i < count; ++i) {
        const std::vector<torch::Tensor> others = tensor_of(*nets_[i].tree);
        for (size_t k = 0; k < means.size(); ++k) means[k].add_(others[k]);
      }
      for (const torch::Tensor& mean : means) mean.is_floating_point() ? mean.div_(count) : mean.floor_divide_(count);
    };
    if (count == 1) return;
    gather([](const torch::nn::Module& net) { return net.buffers(); });
    gather([](const torch::nn::Module& net) {
      std::vector<torch::Tensor> gradients;
      for (const torch::Tensor& parameter : net.parameters()) gradients.push_back(parameter.grad());
      return gradients;
    });
  }

  Status Step(SampleStream& stream) {
    FW_ASSIGN_OR_RETURN(const Sample batch, DrawBatch(stream));
    const double warm_up = std::min(1.0, static_cast<double>(card_.steps + 1) / kWarmUpSteps);
    const double decay = 0.5 * (1.0 + std::cos(kPi * std::min(1.0, Progress())));
    for (auto& group : optimizer_.param_groups()) group.options().set_lr(options_.learning_rate * warm_up * decay);
    const double value = Backward(batch);
    if (!std::isfinite(value)) {
      return Error(Fault::kInternal, "{}: the loss is {} at step {}; lower --learning-rate", lesson_.name(), value,
                   card_.steps);
    }
    torch::nn::utils::clip_grad_norm_(net_->parameters(), kMaxGradientNorm);
    optimizer_.step();
    ++card_.steps;
    loss_sum_ += value;
    ++loss_count_;
    return Status();
  }

  Scores Validate() {
    const torch::NoGradGuard no_grad;
    net_->eval();
    const std::unique_ptr<ScoreSum> scores = lesson_.NewScores();
    for (size_t first = 0; first < validation_.size(); first += options_.batch) {
      std::vector<torch::Tensor> inputs, targets;
      for (size_t i = first; i < std::min(validation_.size(), first + options_.batch); ++i) {
        inputs.push_back(validation_[i].input);
        targets.push_back(validation_[i].target);
      }
      const torch::Tensor output = nets_[0].forward.forward(nn::ToDevice(torch::stack(inputs), device_));
      scores->Add(output.to(torch::kCPU, torch::kFloat32), torch::stack(targets));
    }
    return scores->Result();
  }

  /// Scores the net on held-out scenes, logs, writes the model when it is the best so far or the last, and a
  /// checkpoint. The last has learned at the lowest rates: it is better than a score of a hundred samples can tell.
  Status Check() {
    card_.scores = Validate();
    card_.scores["training_loss"] = loss_sum_ / std::max(1L, loss_count_);
    loss_sum_ = 0.0;
    loss_count_ = 0;
    FW_RETURN_IF_ERROR(Log());
    const double merit = lesson_.Merit(card_.scores);
    if (!best_merit_ || merit > *best_merit_ || Progress() >= 1.0) {
      best_merit_ = merit;
      FW_RETURN_IF_ERROR(nn::SaveModel(options_.out_dir, *net_, card_));
    }
    return SaveCheckpoint();
  }

  Status Log() const {
    const std::string path = options_.work_dir + "/" + lesson_.name() + ".csv";
    std::error_code ignored;
    std::filesystem::create_directories(options_.work_dir, ignored);
    const bool fresh = !std::filesystem::exists(path);
    std::ofstream file(path, std::ios::app);
    std::string head = "minutes,steps,samples",
                row = fmt::format("{:.2f},{},{}", card_.minutes, card_.steps, card_.samples);
    std::string line = fmt::format("{:7.2f} min {:7d} steps {:7d} samples", card_.minutes, card_.steps, card_.samples);
    for (const auto& [key, value] : card_.scores) {
      head += "," + key;
      row += fmt::format(",{:.5f}", value);
      line += fmt::format("  {} {:.4f}", key, value);
    }
    if (fresh) file << head << '\n';
    file << row << '\n';
    fmt::print("{}\n", line);
    std::fflush(stdout);
    return file ? Status() : Error(Fault::kNotWritable, "{} cannot be written", path);
  }

  std::string CheckpointDir() const { return options_.work_dir; }
  std::string CheckpointName() const { return lesson_.name() + "_checkpoint"; }
  std::string OptimizerPath() const { return CheckpointDir() + "/" + CheckpointName() + "_optimizer.pt"; }

  Status SaveCheckpoint() {
    nn::ModelCard card = card_;
    card.name = CheckpointName();
    card.scores["best_merit"] = *best_merit_;
    try {
      torch::save(optimizer_, OptimizerPath() + ".part");
      std::filesystem::rename(OptimizerPath() + ".part", OptimizerPath());
    } catch (const std::exception& failure) {
      return Error(Fault::kNotWritable, "{} cannot be written: {}", OptimizerPath(), failure.what());
    }
    return nn::SaveModel(CheckpointDir(), *net_, card);
  }

  Status StartFrom(const std::string& folder) {
    FW_ASSIGN_OR_RETURN(const nn::ModelCard card, nn::LoadModel(folder, card_.name, card_.architecture, *net_));
    card_.trained_on += "; started from weights " + card.sha256;
    return Status();
  }

  Status Resume() {
    FW_ASSIGN_OR_RETURN(const nn::ModelCard card,
                        nn::LoadModel(CheckpointDir(), CheckpointName(), card_.architecture, *net_));
    try {
      torch::load(optimizer_, OptimizerPath());
    } catch (const std::exception& failure) {
      return Error(Fault::kNotReadable, "{} cannot be read ({}); train without --resume", OptimizerPath(),
                   failure.what());
    }
    card_.steps = card.steps;
    card_.samples = card.samples;
    card_.minutes = card.minutes;
    best_merit_ = card.scores.at("best_merit");
    return Status();
  }

  const Lesson& lesson_;
  const nn::Device& device_;
  const TrainingOptions& options_;
  std::vector<Net> nets_;
  std::shared_ptr<torch::nn::Module> net_;  ///< the first, which is the one that learns
  torch::optim::AdamW optimizer_;
  nn::ModelCard card_;
  std::optional<double> best_merit_;
  std::deque<Sample> replay_;
  std::vector<Sample> validation_;
  double loss_sum_ = 0.0;
  long loss_count_ = 0;
};

}  // namespace

StatusOr<nn::ModelCard> Train(const Lesson& lesson, const nn::Device& device, const TrainingOptions& options) {
  if (options.minutes <= 0.0 && options.steps <= 0) {
    return Error(Fault::kBadOption, "--minutes {} and --steps {}: give at least one limit", options.minutes,
                 options.steps);
  }
  const int multiple = 2 * lesson.shape().Multiple();
  if (options.size_px < multiple || options.size_px % multiple != 0 || options.batch < 2) {
    return Error(Fault::kBadOption, "--size {} must be a multiple of {}, --batch {} at least 2", options.size_px,
                 multiple, options.batch);
  }
  torch::manual_seed(options.seed);
  return Training(lesson, device, options).Run();
}

}  // namespace fringewatch::trainer
