/// DDNet's lesson: one interferogram in, the pixels whose deformation it shows out.
#include <algorithm>
#include <cmath>

#include "common/nn/packing.h"
#include "common/sim/scene.h"
#include "services/detector/core/ddnet.h"
#include "services/detector/core/mask.h"
#include "services/trainer/augment.h"
#include "services/trainer/binary_scores.h"
#include "services/trainer/lesson.h"
#include "services/trainer/processing.h"

namespace fringewatch::trainer {
namespace {

constexpr float kVisible_rad = 0.7f;    ///< less deformation than this does not show in one pair
constexpr float kOutlineShare = 0.05f;  ///< of the site's peak in this pair: where its outline lies
constexpr double kDiceShare = 0.3;      ///< asks for whole sites: without it, faint ones stay below the outline

/// 1 where a pixel's deformation shows and lies inside the 5 % outline of a site, else 0.
Array2<float> DeformationLabel(const sim::Scene& scene, int pair, const Window& window) {
  const Array2<float> phase = scene.TruePhase(pair, window, /*with_nuisance=*/false);
  Array2<float> label(window.rows, window.cols, 0.0f);
  for (const sim::TrueSite& site : scene.sites()) {
    const Window box = Intersect(site.box, window);
    if (box.empty()) continue;
    float peak = 0.0f;
    for (int r = box.row0; r < box.row1(); ++r) {
      for (int c = box.col0; c < box.col1(); ++c) peak = std::max(peak, std::abs(phase(r, c)));
    }
    const float threshold = std::max(kVisible_rad, kOutlineShare * peak);
    for (int r = box.row0; r < box.row1(); ++r) {
      for (int c = box.col0; c < box.col1(); ++c) {
        if (std::abs(phase(r, c)) > threshold) label(r, c) = 1.0f;
      }
    }
  }
  return label;
}

class DetectionLesson final : public Lesson {
 public:
  std::string name() const override { return detector::kDdNetName; }
  nn::MultiScaleShape shape() const override { return detector::DdNetShape(); }

  StatusOr<Sample> Draw(uint64_t seed, int size_px) const override {
    const sim::Scene scene(sim::RandomTrainingScene(seed, size_px));
    const Window window{0, 0, size_px, size_px};
    Sample sample{torch::empty({nn::kPairChannels, size_px, size_px}), {}};
    PairRaster pair = scene.Observe(0, window);
    Processing(seed, size_px, size_px).Apply(pair, seed);
    detector::MaskUnusable(pair);
    nn::PackPairInto(pair, sample.input);
    sample.target = nn::ToTensor(DeformationLabel(scene, 0, window)).unsqueeze(0);
    return sample;
  }

  Sample Augment(const Sample& sample, KeyedRandom& random) const override {
    const Symmetry symmetry = Symmetry::Draw(random);
    const double offset_rad = random.Uniform(-kPi, kPi);
    return {symmetry(TurnPhase(sample.input, offset_rad, random.Chance(0.5))), symmetry(sample.target)};
  }

  torch::Tensor Loss(const torch::Tensor& output, const torch::Tensor& target) const override {
    return BinaryLoss(output, target, kDiceShare);
  }
  std::unique_ptr<ScoreSum> NewScores() const override { return std::make_unique<BinaryScores>(); }
  double Merit(const Scores& scores) const override { return scores.at("ap"); }
};

}  // namespace

std::unique_ptr<Lesson> MakeDetectionLesson() { return std::make_unique<DetectionLesson>(); }

}  // namespace fringewatch::trainer
