// The trainer as a whole: samples are reproducible, their guises true, and a few steps teach a network something.
#include "services/trainer/training.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "services/detector/core/ddnet.h"
#include "services/detector/core/stack_evidence.h"
#include "services/trainer/augment.h"
#include "services/trainer/sample_stream.h"

namespace fringewatch::trainer {
namespace {

constexpr uint64_t kSeed = 20240103;
const nn::Device kCpu;

TEST(SampleStream, HandsOutInOrderWhateverTheThreads) {
  const auto draw = [](long i) -> StatusOr<Sample> { return Sample{torch::full({1}, static_cast<float>(i)), {}}; };
  for (const int threads : {1, 3}) {
    SampleStream stream(draw, 5, threads, 4);
    for (int i = 5; i < 60; ++i) {
      const StatusOr<Sample> sample = stream.Next();
      ASSERT_TRUE(sample.ok());
      EXPECT_EQ(sample->input.item<float>(), static_cast<float>(i));
    }
    EXPECT_EQ(stream.next_index(), 60);
  }
}

TEST(SampleStream, PassesErrorsOn) {
  SampleStream stream([](long) -> StatusOr<Sample> { return Error(Fault::kInternal, "no sample"); }, 0, 2, 2);
  EXPECT_FALSE(stream.Next().ok());
}

TEST(Seeds, ValidationAndTrainingAreDisjoint) {
  for (long i = 0; i < 100; ++i) {
    for (long j = 0; j < 100; ++j) ASSERT_NE(TrainingSeed(kSeed, i), ValidationSeed(kSeed, j));
  }
}

TEST(Symmetry, IsOneOfEightAndMovesRowsToCols) {
  const torch::Tensor plane = torch::arange(6, torch::kFloat32).view({2, 3});
  EXPECT_TRUE(torch::equal((Symmetry{.transpose = true})(plane), plane.t()));
  EXPECT_EQ((Symmetry{.flip_rows = true})(plane)[0][0].item<float>(), 3.0f);
  EXPECT_EQ((Symmetry{.flip_cols = true})(plane)[0][0].item<float>(), 2.0f);
}

TEST(TurnPhase, TurnsAndNegates) {
  const torch::Tensor phase = torch::linspace(-3.0, 3.0, 12).view({3, 4}), coherence = torch::rand({3, 4});
  const torch::Tensor turned = TurnPhase(torch::stack({phase.cos(), phase.sin(), coherence}), 0.7, true);
  EXPECT_LT((turned[0] - (0.7 - phase).cos()).abs().max().item<float>(), 1e-5f);
  EXPECT_LT((turned[1] - (0.7 - phase).sin()).abs().max().item<float>(), 1e-5f);
  EXPECT_TRUE(torch::equal(turned[2], coherence));
}

TEST(Lessons, SamplesDependOnTheSeedAlone) {
  for (const auto& lesson : {MakeDetectionLesson(), MakeUnwrapLesson()}) {
    SCOPED_TRACE(lesson->name());
    const StatusOr<Sample> first = lesson->Draw(kSeed, 64), again = lesson->Draw(kSeed, 64);
    ASSERT_TRUE(first.ok() && again.ok());
    EXPECT_TRUE(torch::equal(first->input, again->input));
    EXPECT_TRUE(torch::equal(first->target, again->target));
    EXPECT_FALSE(torch::equal(first->input, lesson->Draw(kSeed + 1, 64)->input));
    EXPECT_TRUE(first->input.isfinite().all().item<bool>());
    EXPECT_TRUE(first->target.isfinite().all().item<bool>());
  }
}

/// A perfect answer must stay perfect in every guise: the input's phase and the target turn together.
TEST(UnwrapLesson, GuisesKeepInputAndTargetTogether) {
  const std::unique_ptr<Lesson> lesson = MakeUnwrapLesson();
  const Sample sample = *lesson->Draw(kSeed, 64);
  const auto agreement = [](const Sample& view) {  // coherence-weighted |mean exp(i (observed - true))|
    const torch::Tensor truth = view.target[0], weight = view.input[2] * (view.target[1] > 0.5);
    const torch::Tensor re = view.input[0] * truth.cos() + view.input[1] * truth.sin();
    const torch::Tensor im = view.input[1] * truth.cos() - view.input[0] * truth.sin();
    return std::hypot((re * weight).sum().item<double>(), (im * weight).sum().item<double>()) /
           weight.sum().item<double>();
  };
  const double plain = agreement(sample);
  EXPECT_GT(plain, 0.4);
  KeyedRandom random(kSeed);
  for (int i = 0; i < 8; ++i) EXPECT_NEAR(agreement(lesson->Augment(sample, random)), plain, 0.06);
}

/// DDNet's lesson with a single sample, which any sound training learns by heart.
class OneSample final : public Lesson {
 public:
  std::string name() const override { return base_->name(); }
  nn::MultiScaleShape shape() const override { return base_->shape(); }
  StatusOr<Sample> Draw(uint64_t, int size_px) const override {
    Sample sample{torch::zeros({3, size_px, size_px}), torch::zeros({1, size_px, size_px})};
    sample.input[0].slice(0, 0, size_px / 2).fill_(1.0);
    sample.target[0].slice(0, 0, size_px / 2).fill_(1.0);
    return sample;
  }
  Sample Augment(const Sample& sample, KeyedRandom&) const override { return sample; }
  torch::Tensor Loss(const torch::Tensor& output, const torch::Tensor& target) const override {
    return base_->Loss(output, target);
  }
  std::unique_ptr<ScoreSum> NewScores() const override { return base_->NewScores(); }
  double Merit(const Scores& scores) const override { return base_->Merit(scores); }

 private:
  std::unique_ptr<Lesson> base_ = MakeDetectionLesson();
};

class TrainInFolder : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = testing::TempDir() + "/train_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(dir_);
    options_ = {.out_dir = dir_,
                .work_dir = dir_ + "/work",
                .seed = kSeed,
                .minutes = 0,
                .steps = 12,
                .batch = 4,
                .size_px = 32,
                .reuse = 2,
                .validation_samples = 4,
                .check_minutes = 1e9,
                .replicas = 2,
                .producer_threads = 1,
                .command = "test"};
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::string dir_;
  TrainingOptions options_;
};

TEST_F(TrainInFolder, LossFallsAndTheModelCardTells) {
  const OneSample lesson;
  options_.steps = 2;
  const StatusOr<nn::ModelCard> first = Train(lesson, kCpu, options_);
  ASSERT_TRUE(first.ok()) << first.status();
  options_.steps = 40;
  options_.resume = true;
  ASSERT_TRUE(Train(lesson, kCpu, options_).ok());
  const StatusOr<nn::ModelCard> last = nn::ReadModelCard(options_.work_dir, "ddnet_checkpoint");
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_EQ(last->steps, 40);
  EXPECT_GT(last->samples, first->samples);
  EXPECT_TRUE(std::isfinite(last->scores.at("training_loss")));
  EXPECT_LT(last->scores.at("training_loss"), 0.8 * first->scores.at("training_loss"));
  detector::DdNet net = detector::MakeDdNet();
  EXPECT_TRUE(nn::LoadModel(dir_, "ddnet", net->shape().ToString(), *net).ok());
}

TEST_F(TrainInFolder, StackNetSeesWhatDdNetSays) {
  ASSERT_FALSE(MakeLesson("stack", dir_, kCpu).ok());
  options_.steps = 1;
  ASSERT_TRUE(Train(*MakeDetectionLesson(), kCpu, options_).ok());
  const StatusOr<std::unique_ptr<Lesson>> lesson = MakeLesson("stack", dir_, kCpu);
  ASSERT_TRUE(lesson.ok()) << lesson.status();
  const StatusOr<Sample> sample = (*lesson)->Draw(kSeed, 64);
  ASSERT_TRUE(sample.ok());
  EXPECT_EQ(sample->input.sizes(), (std::vector<int64_t>{detector::kStackFeatures, 32, 32}));
  EXPECT_EQ(sample->target.sizes(), (std::vector<int64_t>{1, 32, 32}));
  EXPECT_TRUE(torch::equal(sample->input, (*lesson)->Draw(kSeed, 64)->input));
}

TEST_F(TrainInFolder, RefusesBadOptions) {
  const std::unique_ptr<Lesson> lesson = MakeDetectionLesson();
  options_.size_px = 40;
  EXPECT_FALSE(Train(*lesson, kCpu, options_).ok());
  options_.size_px = 32;
  options_.steps = 0;
  EXPECT_FALSE(Train(*lesson, kCpu, options_).ok());
  EXPECT_FALSE(MakeLesson("yolo", dir_, kCpu).ok());
}

}  // namespace
}  // namespace fringewatch::trainer
