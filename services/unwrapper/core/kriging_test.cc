/// Truth: fields drawn from the very variogram that kriging assumes.
#include "services/unwrapper/core/kriging.h"

#include <gtest/gtest.h>

#include <cmath>

#include "common/base/random.h"
#include "tests/support/seed.h"

namespace fringewatch::unwrapper {
namespace {

constexpr double kSlope = 0.04, kNoise = 2.0;
constexpr int kSamples = 60, kPlaces = 40, kRealisations = 30;

/// Samples around, places between them, and realisations of a field at both (rows: samples, then places).
struct Drawn {
  std::vector<KrigingSample> samples;
  Eigen::MatrixX2d places;
  Eigen::MatrixXd field, observed;  ///< observed: of the samples, with noise
};

Drawn Draw(uint64_t seed) {
  KeyedRandom random(seed);
  Drawn drawn;
  Eigen::MatrixX2d all(kSamples + kPlaces, 2);
  for (int i = 0; i < kSamples + kPlaces; ++i) all.row(i) << random.Uniform(0, 60), random.Uniform(0, 60);
  for (int i = 0; i < kSamples; ++i) drawn.samples.push_back({all(i, 0), all(i, 1), random.Uniform(1, 9)});
  drawn.places = all.bottomRows(kPlaces);
  // Covariance of the field less its value at the corner; any other origin would do.
  const auto gamma = [](double row, double col) { return kSlope * std::hypot(row, col); };
  Eigen::MatrixXd covariance(all.rows(), all.rows());
  for (int i = 0; i < all.rows(); ++i) {
    for (int j = 0; j < all.rows(); ++j) {
      covariance(i, j) = gamma(all(i, 0), all(i, 1)) + gamma(all(j, 0), all(j, 1)) -
                         gamma(all(i, 0) - all(j, 0), all(i, 1) - all(j, 1));
    }
  }
  const Eigen::MatrixXd root = covariance.llt().matrixL();
  const Eigen::MatrixXd white = Eigen::MatrixXd::NullaryExpr(
      all.rows(), kRealisations, [&](Eigen::Index, Eigen::Index) { return random.Normal(); });
  drawn.field = root * white;
  drawn.observed = drawn.field.topRows(kSamples);
  for (int i = 0; i < kSamples; ++i) {
    for (int k = 0; k < kRealisations; ++k) {
      drawn.observed(i, k) += std::sqrt(kNoise / drawn.samples[i].pixels) * random.Normal();
    }
  }
  return drawn;
}

TEST(Kriging, LearnsTheFieldAndItsNoise) {
  const Drawn drawn = Draw(TestSeed(101));
  const Kriging kriging(drawn.samples, drawn.observed, kRealisations);
  EXPECT_NEAR(kriging.slope() / kSlope, 1.0, 0.25);
  EXPECT_NEAR(kriging.noise_variance() / kNoise, 1.0, 0.5) << "tried in steps of a factor of two";
}

TEST(Kriging, IsNearerThanTheMeanAndKnowsHowNear) {
  const uint64_t seed = TestSeed(102);
  double squares = 0, of_mean = 0, standard = 0;
  constexpr int kFields = 5;
  for (int i = 0; i < kFields; ++i) {
    const Drawn drawn = Draw(seed + i);
    const Kriging::Surface surface = Kriging(drawn.samples, drawn.observed, kRealisations).At(drawn.places);
    const Eigen::MatrixXd error = surface.weights * drawn.observed - drawn.field.bottomRows(kPlaces);
    const Eigen::MatrixXd mean_error = drawn.field.bottomRows(kPlaces).rowwise() - drawn.observed.colwise().mean();
    squares += error.squaredNorm() / kFields;
    of_mean += mean_error.squaredNorm() / kFields;
    standard += (error.array().square().colwise() / surface.variance.array()).mean() / kFields;
    EXPECT_LT((surface.weights.rowwise().sum().array() - 1.0).abs().maxCoeff(), 1e-9);
  }
  std::printf("squared error %.0f, of the mean %.0f; in units of what was promised %.2f\n", squares, of_mean, standard);
  EXPECT_LT(squares, 0.35 * of_mean);
  EXPECT_NEAR(standard, 1.0, 0.15);
}

TEST(Kriging, DoesNotDependOnTheOrderOfTheSamples) {
  Drawn drawn = Draw(TestSeed(103));
  const Kriging::Surface one = Kriging(drawn.samples, drawn.observed, kRealisations).At(drawn.places);
  std::swap(drawn.samples.front(), drawn.samples.back());
  drawn.observed.row(0).swap(drawn.observed.row(kSamples - 1));
  const Kriging::Surface other = Kriging(drawn.samples, drawn.observed, kRealisations).At(drawn.places);
  EXPECT_LT((one.variance - other.variance).cwiseAbs().maxCoeff(), 1e-8);
  EXPECT_LT((one.weights.col(0) - other.weights.col(kSamples - 1)).cwiseAbs().maxCoeff(), 1e-8);
}

}  // namespace
}  // namespace fringewatch::unwrapper
