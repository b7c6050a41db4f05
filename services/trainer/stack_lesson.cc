/// StackNet's lesson: what DDNet and the gradient stack say of a small simulated stack in, the outlines of its moving
/// sites out. Evidence is gathered exactly as the detector does.
#include <algorithm>
#include <cmath>

#include "common/nn/model_file.h"
#include "common/nn/packing.h"
#include "common/raster/outline.h"
#include "common/sim/scene.h"
#include "services/detector/core/ddnet.h"
#include "services/detector/core/mask.h"
#include "services/detector/core/stack_evidence.h"
#include "services/trainer/augment.h"
#include "services/trainer/binary_scores.h"
#include "services/trainer/lesson.h"
#include "services/trainer/processing.h"

namespace fringewatch::trainer {
namespace {

constexpr double kDiceShare = 0.0;  ///< what it says is a probability

/// A small stack: the nuisances and spacings of RandomTrainingScene over a season, and sites as operators look for.
sim::SceneConfig StackScene(uint64_t seed, int size_px) {
  KeyedRandom random(HashKeys(seed, 1));
  sim::SceneConfig config;
  config.seed = seed;
  config.rows = config.cols = size_px;
  config.pixel_m = random.Chance(0.75) ? random.Uniform(20.0, 40.0) : random.LogUniform(15.0, 100.0);
  config.incidence_deg = random.Uniform(29.0, 46.0);
  config.heading_deg = random.Chance(0.5) ? -13.0 : 193.0;
  config.epochs = random.Integer(6, 13);
  config.pairs = random.Integer(8, 24);
  config.repeat_days = random.Chance(0.8) ? 12 : 6;
  config.max_span_days = random.Chance(0.7) ? 48 : 24;
  config.looks = random.LogUniform(5.0, 30.0);
  config.sites.count = random.Chance(0.6) ? 0 : random.Integer(1, 3);
  config.sites.kinds = {sim::SourceKind::kBowl, sim::SourceKind::kMiningBasin, sim::SourceKind::kLandslide};
  config.sites.radius_min_m = 150.0 * std::max(1.0, config.pixel_m / 50.0);
  config.sites.radius_max_m = std::min(800.0, 0.35 * size_px * config.pixel_m);
  config.sites.rate_min_m_per_yr = 0.08;
  config.sites.rate_max_m_per_yr = 2.5;
  config.coherence_min = random.Uniform(0.25, 0.6);
  config.coherence_max = random.Uniform(0.65, 0.95);
  config.coherence_decay_days = random.LogUniform(50.0, 300.0);
  config.water_fraction = random.Chance(0.5) ? random.Uniform(0.0, 0.25) : 0.0;
  config.snow_fraction = random.Chance(0.1) ? random.Uniform(0.0, 0.3) : 0.0;
  config.vegetation_fraction = random.Uniform(0.0, 0.6);
  config.turbulence_rad = random.Uniform(0.2, 2.5);
  config.perlin_rad = random.Uniform(0.0, 1.5);
  config.stratified_rad_per_km = random.Uniform(0.0, 5.0);
  config.ramp_rad = random.LogUniform(0.1, 5.0);
  config.dem_relief_m = random.LogUniform(20.0, 1000.0);
  config.dem_error_m = random.LogUniform(1.0, 12.0);
  config.baseline_m = random.LogUniform(30.0, 150.0);
  config.gap_fraction = random.Chance(0.3) ? random.Uniform(0.0, 0.2) : 0.0;
  config.burst_seam_rad = random.Chance(0.2) ? random.LogUniform(0.1, 1.5) : 0.0;
  return config;
}

/// 1 inside the outline of a true site, else 0.
Array2<float> OutlineLabel(const sim::Scene& scene, int size_px) {
  Array2<float> label(size_px, size_px, 0.0f);
  for (const sim::TrueSite& site : scene.sites()) {
    const Window box = Intersect(site.box, label.frame());
    for (int r = box.row0; r < box.row1(); ++r) {
      for (int c = box.col0; c < box.col1(); ++c) {
        if (RingContains(site.outline, r + 0.5, c + 0.5)) label(r, c) = 1.0f;
      }
    }
  }
  return label;
}

class StackLesson final : public Lesson {
 public:
  /// `ddnet` prepared for inference on `device`.
  StackLesson(detector::DdNet ddnet, nn::Device device, std::string ddnet_sha256)
      : ddnet_(std::move(ddnet)), device_(device), ddnet_sha256_(std::move(ddnet_sha256)) {}

  std::string name() const override { return detector::kStackNetName; }
  nn::MultiScaleShape shape() const override { return detector::StackNetShape(); }
  std::string trained_on() const override { return "simulated stacks, seen by ddnet " + ddnet_sha256_; }

  StatusOr<Sample> Draw(uint64_t seed, int size_px) const override {
    const torch::NoGradGuard no_grad;
    const sim::Scene scene(StackScene(seed, size_px));
    const std::vector<Pair>& pairs = scene.track().pairs;
    const Window window{0, 0, size_px, size_px};
    const Processing processing(seed, size_px, size_px);
    detector::DdNet ddnet = ddnet_;
    detector::StackEvidence evidence(BuildNetwork(pairs), size_px, size_px);
    for (int pair = 0; pair < static_cast<int>(pairs.size()); ++pair) {
      PairRaster raster = scene.Observe(pair, window);
      processing.Apply(raster, HashKeys(seed, 2, pair));
      if (detector::MaskUnusable(raster) == 0) continue;
      evidence.Add(pair, ddnet(nn::ToDevice(nn::PackPair(raster), device_)), raster);
    }
    const torch::Tensor label = nn::ToTensor(OutlineLabel(scene, size_px));
    return Sample{evidence.Features(), torch::avg_pool2d(label.view({1, 1, size_px, size_px}), 2)[0]};
  }

  /// Gradients turn with the picture, and change their sign with the motion.
  Sample Augment(const Sample& sample, KeyedRandom& random) const override {
    const Symmetry symmetry = Symmetry::Draw(random);
    const float motion = random.Chance(0.5) ? -1.0f : 1.0f;
    torch::Tensor input = sample.input.clone();
    input[detector::kGradientCol] *= symmetry.flip_cols ? -motion : motion;
    input[detector::kGradientRow] *= symmetry.flip_rows ? -motion : motion;
    if (symmetry.transpose) {
      const torch::Tensor along_cols = input[detector::kGradientCol].clone();
      input[detector::kGradientCol].copy_(input[detector::kGradientRow]);
      input[detector::kGradientRow].copy_(along_cols);
    }
    return {symmetry(input), symmetry(sample.target)};
  }

  torch::Tensor Loss(const torch::Tensor& output, const torch::Tensor& target) const override {
    return BinaryLoss(output, target, kDiceShare);
  }
  std::unique_ptr<ScoreSum> NewScores() const override { return std::make_unique<BinaryScores>(); }
  double Merit(const Scores& scores) const override { return scores.at("ap") + scores.at("iou"); }

 private:
  detector::DdNet ddnet_;
  nn::Device device_;
  std::string ddnet_sha256_;
};

}  // namespace

StatusOr<std::unique_ptr<Lesson>> MakeStackLesson(const std::string& model_dir, const nn::Device& device) {
  detector::DdNet ddnet = detector::MakeDdNet();
  FW_ASSIGN_OR_RETURN(const nn::ModelCard card,
                      nn::LoadModel(model_dir, detector::kDdNetName, ddnet->shape().ToString(), *ddnet));
  nn::PrepareForInference(*ddnet, device);
  return std::make_unique<StackLesson>(std::move(ddnet), device, card.sha256);
}

}  // namespace fringewatch::trainer
