#include "services/unwrapper/core/kriging.h"

#include <cmath>
#include <limits>
#include <utility>

namespace fringewatch::unwrapper {
namespace {

/// Noise that is tried: variance of a pixel, in units of the variogram at a distance of one pixel.
constexpr double kLeastNoise = 0.1, kMostNoise = 1e6, kNoiseStep = 2.0;

/// Semivariogram of slope 1.
double Gamma(const KrigingSample& a, const KrigingSample& b) { return std::hypot(a.row - b.row, a.col - b.col); }

}  // namespace

Kriging::Kriging(std::vector<KrigingSample> samples, const Eigen::MatrixXd& realisations, double independent)
    : samples_(std::move(samples)) {
  const Eigen::Index differences = realisations.rows() - 1;
  const Eigen::MatrixXd steps = realisations.bottomRows(differences).rowwise() - realisations.row(0);
  const double count = independent * static_cast<double>(differences);
  double least = std::numeric_limits<double>::infinity();
  for (double noise = kLeastNoise; noise <= kMostNoise; noise *= kNoiseStep) {
    Eigen::LLT<Eigen::MatrixXd> factor(Covariance(noise));
    const double slope = factor.matrixL().solve(steps).squaredNorm() / count;
    const double log_determinant = 2.0 * factor.matrixLLT().diagonal().array().log().sum();
    const double surprise = count * std::log(slope) + independent * log_determinant;
    if (surprise >= least && factor_.rows() > 0) continue;
    least = surprise;
    slope_ = slope;
    noise_ = noise;
    factor_ = std::move(factor);
  }
}

Eigen::MatrixXd Kriging::Covariance(double noise) const {
  const KrigingSample& first = samples_[0];
  const auto count = static_cast<Eigen::Index>(samples_.size()) - 1;
  Eigen::MatrixXd covariance(count, count);
  for (Eigen::Index j = 0; j < count; ++j) {
    const KrigingSample& b = samples_[j + 1];
    for (Eigen::Index i = 0; i <= j; ++i) {
      const KrigingSample& a = samples_[i + 1];
      covariance(i, j) = covariance(j, i) = Gamma(a, first) + Gamma(b, first) - Gamma(a, b) + noise / first.pixels;
    }
    covariance(j, j) += noise / b.pixels;
  }
  return covariance;
}

Kriging::Surface Kriging::At(const Eigen::MatrixX2d& places) const {
  const KrigingSample& first = samples_[0];
  const auto count = static_cast<Eigen::Index>(samples_.size()) - 1;
  Eigen::MatrixXd shared(count, places.rows());  // covariance of each difference with that of a place to the first
  Eigen::VectorXd own(places.rows());
  for (Eigen::Index p = 0; p < places.rows(); ++p) {
    const KrigingSample place{places(p, 0), places(p, 1)};
    const double to_first = Gamma(place, first), noise = noise_ / first.pixels;
    own[p] = 2 * to_first + noise;
    for (Eigen::Index i = 0; i < count; ++i) {
      const KrigingSample& sample = samples_[i + 1];
      shared(i, p) = to_first + Gamma(sample, first) - Gamma(sample, place) + noise;
    }
  }
  const Eigen::MatrixXd solved = factor_.solve(shared);
  Surface surface{Eigen::MatrixXd(places.rows(), count + 1), {}};
  surface.weights.rightCols(count) = solved.transpose();
  surface.weights.col(0) = 1.0 - surface.weights.rightCols(count).rowwise().sum().array();
  surface.variance = slope_ * (own - shared.cwiseProduct(solved).colwise().sum().transpose()).cwiseMax(0.0);
  return surface;
}

}  // namespace fringewatch::unwrapper
