/// Kriging: what samples of a random field say about the places between them, and how sure that is.
///
/// The field is known by its semivariogram alone, half the mean squared difference of two places: slope * distance. It
/// has no mean and no variance of its own, so a constant is nothing that needs to be known (ordinary kriging, Matheron
/// 1963). In turbulent air the distance has an exponent of 5/3 up to about two kilometres and of 2/3 beyond (Hanssen
/// 2001): 1 lies between. The answers hardly depend on it; how sure they are said to be does.
#pragma once

#include <Eigen/Dense>
#include <vector>

namespace fringewatch::unwrapper {

/// The mean of `pixels` noisy pixels around a place.
struct KrigingSample {
  double row = 0, col = 0;  ///< px
  double pixels = 1;
};

/// A field and its noise, learned from realisations that are alike, such as the dates of a stack.
class Kriging {
 public:
  /// `realisations` (sample, realisation), of which `independent` (>= 1) are independent of each other.
  /// Slope and noise are those of greatest restricted likelihood (Patterson and Thompson 1971): the likelihood of the
  /// differences between samples. At least two samples.
  Kriging(std::vector<KrigingSample> samples, const Eigen::MatrixXd& realisations, double independent);

  /// Says, for any realisation, what the field is at a list of places.
  struct Surface {
    Eigen::MatrixXd weights;   ///< (place, sample), rows add up to 1: places = weights * samples
    Eigen::VectorXd variance;  ///< of the error at each place, in squares of the realisations' unit
  };
  /// `places` (place, 2): row and column, px.
  [[nodiscard]] Surface At(const Eigen::MatrixX2d& places) const;

  [[nodiscard]] double slope() const { return slope_; }                    ///< semivariogram at a distance of one pixel
  [[nodiscard]] double noise_variance() const { return noise_ * slope_; }  ///< of one pixel

 private:
  /// Covariance, in units of the slope, of all samples' differences to the first, with `noise` of a pixel.
  [[nodiscard]] Eigen::MatrixXd Covariance(double noise) const;

  std::vector<KrigingSample> samples_;
  Eigen::LLT<Eigen::MatrixXd> factor_;  ///< of the covariance
  double slope_ = 0, noise_ = 0;        ///< noise: variance of one pixel, in units of the slope
};

}  // namespace fringewatch::unwrapper
