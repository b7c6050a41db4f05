/// PUNet's lesson: one interferogram in, its unwrapped phase and the scale of its error out.
#include <algorithm>
#include <array>
#include <cmath>

#include "common/base/units.h"
#include "common/nn/packing.h"
#include "common/sim/scene.h"
#include "services/trainer/augment.h"
#include "services/trainer/lesson.h"
#include "services/trainer/processing.h"
#include "services/unwrapper/core/punet.h"

namespace fringewatch::trainer {
namespace {

constexpr float kMinCoherence = 0.1f;  ///< below, the true phase of a pixel cannot be seen
constexpr float kUnseenWeight = 0.1f;  ///< such pixels are still to be bridged smoothly
constexpr double kMaxPeak_rad = 80.0;
constexpr double kGradientWeight = 4.0;
constexpr int kMaxPadding_px = 15;  ///< what PackPair adds at the lower and right edge
constexpr double kMinLogScale = -4.0, kMaxLogScale = 5.0;

/// One site in the patch whose steepest gradient is 0.3 to 6 rad per pixel; every seventh patch keeps what
/// RandomTrainingScene drew.
sim::SceneConfig UnwrapScene(uint64_t seed, int size_px) {
  sim::SceneConfig config = sim::RandomTrainingScene(seed, size_px);
  KeyedRandom random(HashKeys(seed, 1));
  if (random.Chance(1.0 / 7.0)) return config;
  const double radius_px = random.LogUniform(0.04, 0.3) * size_px;
  const double gradient_rad_per_px = random.Uniform(0.3, 6.0);
  // A Gaussian bowl whose radius at 5 % of the peak is R has its steepest gradient, 1.49 peak / R, at 0.41 R.
  const double peak_rad = std::min(kMaxPeak_rad, gradient_rad_per_px * radius_px / 1.49);
  const double span_years = config.max_span_days / kDaysPerYear;
  const double rate_m_per_yr = peak_rad * std::abs(MetresPerRadian(config.wavelength_m)) / span_years;
  config.sites.count = std::clamp(config.sites.count, 1, 2);
  config.sites.radius_min_m = config.sites.radius_max_m = radius_px * config.pixel_m;
  config.sites.rate_min_m_per_yr = config.sites.rate_max_m_per_yr = rate_m_per_yr;
  return config;
}

/// pred - truth less its median over the pixels that count; (B, H, W).
torch::Tensor Misfit(const torch::Tensor& phase, const torch::Tensor& target) {
  const torch::Tensor misfit = phase - target.select(1, 0);
  const torch::Tensor seen = target.select(1, 1) > 0.5;
  const torch::Tensor masked =
      torch::where(seen, misfit.detach(), torch::full({1}, std::numeric_limits<float>::quiet_NaN(), misfit.options()));
  const torch::Tensor median = std::get<0>(masked.flatten(1).nanmedian(1)).nan_to_num(0.0);
  return misfit - median.view({-1, 1, 1});
}

/// Takes the last rows and columns away, as if the patch had been padded.
void Pad(Sample& sample, int rows, int cols) {
  const long height = sample.input.size(1), width = sample.input.size(2);
  sample.input.slice(1, height - rows).zero_();
  sample.input.slice(2, width - cols).zero_();
  sample.target[1].slice(0, height - rows).fill_(kUnseenWeight);
  sample.target[1].slice(1, width - cols).fill_(kUnseenWeight);
}

/// Mean absolute error and share of right cycles, for pixels by their true gradient (rad per pixel).
class UnwrapScores final : public ScoreSum {
 public:
  void Add(const torch::Tensor& output, const torch::Tensor& target) override {
    const torch::Tensor misfit = Misfit(output.select(1, 0), target).abs();
    const torch::Tensor truth = target.select(1, 0);
    const torch::Tensor steep = torch::zeros_like(truth);
    const torch::Tensor rows = truth.diff(1, 1).abs(), cols = truth.diff(1, 2).abs();
    steep.slice(1, 0, -1).copy_(rows);
    steep.slice(2, 0, -1).copy_(torch::maximum(steep.slice(2, 0, -1), cols));
    const torch::Tensor seen = target.select(1, 1) > 0.5;
    for (size_t i = 0; i < kClasses.size(); ++i) {
      const torch::Tensor members = seen.logical_and(steep >= kClasses[i].from).logical_and(steep < kClasses[i].to);
      count_[i] += members.sum().item<double>();
      error_[i] += misfit.masked_select(members).sum().item<double>();
      right_[i] += misfit.masked_select(members).lt(kPi).sum().item<double>();
    }
  }
  Scores Result() const override {
    Scores scores;
    double count = 0.0, error = 0.0, right = 0.0;
    for (size_t i = 0; i < kClasses.size(); ++i) {
      count += count_[i], error += error_[i], right += right_[i];
      if (count_[i] == 0.0) continue;
      scores[std::string("mae_rad_") + kClasses[i].name] = error_[i] / count_[i];
      scores[std::string("right_cycle_") + kClasses[i].name] = right_[i] / count_[i];
    }
    scores["mae_rad"] = error / std::max(count, 1.0);
    scores["right_cycle"] = right / std::max(count, 1.0);
    return scores;
  }

 private:
  struct GradientClass {
    const char* name;
    double from, to;
  };
  static constexpr std::array<GradientClass, 3> kClasses{
      {{"below_1.5", 0.0, 1.5}, {"1.5_to_pi", 1.5, kPi}, {"above_pi", kPi, 1e9}}};
  std::array<double, 3> count_{}, error_{}, right_{};
};

class UnwrapLesson final : public Lesson {
 public:
  std::string name() const override { return unwrapper::kPuNetName; }
  nn::MultiScaleShape shape() const override { return unwrapper::PuNetShape(); }
  torch::nn::AnyModule NewNet() const override { return torch::nn::AnyModule(unwrapper::PuNet()); }

  /// Target planes: true phase less its median, rad; weight of the pixel.
  StatusOr<Sample> Draw(uint64_t seed, int size_px) const override {
    const sim::Scene scene(UnwrapScene(seed, size_px));
    const Window window{0, 0, size_px, size_px};
    Sample sample{torch::empty({nn::kPairChannels, size_px, size_px}), {}};
    PairRaster pair = scene.Observe(0, window);
    Processing(seed, size_px, size_px).Apply(pair, seed);
    nn::PackPairInto(pair, sample.input);
    const torch::Tensor phase = nn::ToTensor(scene.TruePhase(0, window, /*with_nuisance=*/true));
    const torch::Tensor coherence = nn::ToTensor(scene.Coherence(0, window));
    const torch::Tensor missing = sample.input.abs().sum(0) == 0.0;
    const torch::Tensor seen = (coherence > kMinCoherence).logical_and(missing.logical_not());
    const torch::Tensor weight = seen.to(torch::kFloat32) * (1.0f - kUnseenWeight) + kUnseenWeight;
    sample.target = torch::stack({phase - phase.median(), weight});
    return sample;
  }

  Sample Augment(const Sample& sample, KeyedRandom& random) const override {
    const Symmetry symmetry = Symmetry::Draw(random);
    const double offset_rad = random.Uniform(-kPi, kPi);
    const bool opposite = random.Chance(0.5);
    torch::Tensor target = sample.target;
    if (opposite) target = torch::stack({-target[0], target[1]});
    Sample view{symmetry(TurnPhase(sample.input, offset_rad, opposite)), symmetry(target).clone()};
    if (random.Chance(0.5)) Pad(view, random.Integer(0, kMaxPadding_px), random.Integer(0, kMaxPadding_px));
    return view;
  }

  /// Laplace likelihood (Huber near zero) of the phase up to a constant, plus the error of its gradient.
  torch::Tensor Loss(const torch::Tensor& output, const torch::Tensor& target) const override {
    const torch::Tensor misfit = Misfit(output.select(1, 0), target), weight = target.select(1, 1);
    const torch::Tensor log_scale = output.select(1, 1).clamp(kMinLogScale, kMaxLogScale);
    const torch::Tensor huber = torch::huber_loss(misfit, torch::zeros_like(misfit), at::Reduction::None, 0.3) / 0.3;
    const torch::Tensor likelihood = huber * torch::exp(-log_scale) + log_scale;
    const auto along = [&](int dimension) {
      const long size = weight.size(dimension);
      return (misfit.diff(1, dimension).abs() * weight.slice(dimension, 1, size)).mean();
    };
    return (likelihood * weight).mean() + kGradientWeight * (along(1) + along(2));
  }
  std::unique_ptr<ScoreSum> NewScores() const override { return std::make_unique<UnwrapScores>(); }
  double Merit(const Scores& scores) const override { return scores.at("right_cycle") - 0.1 * scores.at("mae_rad"); }
};

}  // namespace

std::unique_ptr<Lesson> MakeUnwrapLesson() { return std::make_unique<UnwrapLesson>(); }

}  // namespace fringewatch::trainer
