#include "services/unwrapper/core/atmosphere.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "common/base/units.h"
#include "services/unwrapper/core/median.h"

namespace fringewatch::unwrapper {
namespace {

constexpr int kIterations = 8;
constexpr double kHuber = 1.345;          // standard deviations; 95 % efficiency for normal noise
constexpr double kMinRelief_m = 20.0;     // standard deviation of the reference heights
constexpr double kMinHeightShare = 0.15;  // of the remaining variance that height has to explain
constexpr int kPixelsPerTerm = 10;

enum Term { kConstant, kRow, kCol, kHeight };

/// Terms of every pixel of the patch, scaled to about [-1, 1].
struct Terms {
  Eigen::MatrixXd value;  ///< (pixel of the patch, term)
  double row_scale = 1, height_scale = 1;
  bool relief = false;
};

/// Mean and standard deviation of the known heights of the reference; 0 and 0 when there are none.
std::pair<double, double> Relief(const std::vector<size_t>& pixels, const Array2<float>& height_m) {
  double n = 0, sum = 0, squares = 0;
  if (height_m.empty()) return {0, 0};
  for (const size_t i : pixels) {
    const double h = height_m.values[i];
    if (std::isnan(h)) continue;
    n += 1;
    sum += h;
    squares += h * h;
  }
  if (n == 0) return {0, 0};
  return {sum / n, std::sqrt(std::max(0.0, squares / n - sum * sum / n / n))};
}

Terms MakeTerms(const ReferenceArea& reference, const std::vector<size_t>& pixels, const Array2<float>& height_m) {
  const int rows = reference.mask.rows, cols = reference.mask.cols;
  Terms terms;
  terms.value.resize(static_cast<long>(rows) * cols, 4);
  terms.row_scale = std::max(rows, cols);
  const auto [mean_height, spread] = Relief(pixels, height_m);
  terms.relief = spread >= kMinRelief_m;
  terms.height_scale = terms.relief ? 2 * spread : 1;
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < cols; ++c) {
      const long i = static_cast<long>(r) * cols + c;
      const double h = terms.relief ? height_m.values[i] - mean_height : 0.0;
      terms.value.row(i) << 1.0, (r - reference.site_row) / terms.row_scale, (c - reference.site_col) / terms.row_scale,
          (std::isnan(h) ? 0.0 : h / terms.height_scale);
    }
  }
  return terms;
}

/// Reference pixels with data in one epoch.
struct Samples {
  Eigen::MatrixXd terms;  ///< (sample, term)
  Eigen::VectorXd value_m;
};

struct RobustFit {
  Eigen::VectorXd coefficient;
  Eigen::VectorXd residual_m;
  double weighted_squares = 0;  ///< Huber-weighted sum of squares
};

double MedianAbsolute(const Eigen::VectorXd& values) {
  std::vector<double> absolute(values.size());
  for (long i = 0; i < values.size(); ++i) absolute[i] = std::abs(values[i]);
  return MedianOf(absolute);
}

/// Huber's M-estimate by iteratively reweighted least squares, scale from the median absolute residual.
RobustFit FitHuber(const Eigen::MatrixXd& terms, const Eigen::VectorXd& value_m) {
  Eigen::VectorXd weight = Eigen::VectorXd::Ones(value_m.size());
  RobustFit fit;
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    const Eigen::MatrixXd weighted = weight.asDiagonal() * terms;
    fit.coefficient = (weighted.transpose() * terms).ldlt().solve(weighted.transpose() * value_m);
    fit.residual_m = value_m - terms * fit.coefficient;
    const double bound = kHuber * 1.4826 * MedianAbsolute(fit.residual_m);
    fit.weighted_squares = fit.residual_m.cwiseAbs2().dot(weight);
    if (bound == 0) break;
    weight = (bound / fit.residual_m.cwiseAbs().array().max(bound)).matrix();
  }
  return fit;
}

double Rms(const Eigen::VectorXd& values) {
  return std::sqrt(values.squaredNorm() / static_cast<double>(values.size()));
}

/// Fit of one epoch as coefficients of all four terms.
Eigen::Vector4d FitEpoch(const Samples& samples, bool plane, bool relief, EpochAtmosphere& record) {
  const int smooth = plane && samples.value_m.size() >= 3 * kPixelsPerTerm ? 3 : 1;
  RobustFit fit = FitHuber(samples.terms.leftCols(smooth), samples.value_m);
  Eigen::Vector4d coefficient = Eigen::Vector4d::Zero();
  coefficient.head(smooth) = fit.coefficient;
  if (relief && samples.value_m.size() >= (smooth + 1) * kPixelsPerTerm && fit.weighted_squares > 0) {
    Eigen::MatrixXd terms(samples.terms.rows(), smooth + 1);
    terms << samples.terms.leftCols(smooth), samples.terms.col(kHeight);
    RobustFit with_height = FitHuber(terms, samples.value_m);
    if (with_height.weighted_squares <= (1 - kMinHeightShare) * fit.weighted_squares) {
      coefficient.head(smooth) = with_height.coefficient.head(smooth);
      coefficient[kHeight] = with_height.coefficient[smooth];
      fit = std::move(with_height);
    }
  }
  record.rms_before_m = Rms(samples.value_m);
  record.rms_after_m = Rms(fit.residual_m);
  return coefficient;
}

Samples SamplesOf(const Terms& terms, const std::vector<size_t>& pixels, std::span<const float> displacement_m) {
  std::vector<long> known;
  for (const size_t i : pixels) {
    if (!std::isnan(displacement_m[i])) known.push_back(static_cast<long>(i));
  }
  Samples samples{terms.value(known, Eigen::all), Eigen::VectorXd(static_cast<long>(known.size()))};
  for (size_t s = 0; s < known.size(); ++s) samples.value_m[static_cast<long>(s)] = displacement_m[known[s]];
  return samples;
}

/// Largest angle, seen from the site's centre, without any of the pixels.
double WidestGap_rad(const ReferenceArea& area, const std::vector<size_t>& pixels) {
  if (pixels.empty()) return kTwoPi;
  std::vector<double> angles;
  for (const size_t i : pixels) {
    const double row = static_cast<double>(i / area.mask.cols), col = static_cast<double>(i % area.mask.cols);
    angles.push_back(std::atan2(row - area.site_row, col - area.site_col));
  }
  std::sort(angles.begin(), angles.end());
  double widest = angles.front() + kTwoPi - angles.back();
  for (size_t k = 1; k < angles.size(); ++k) widest = std::max(widest, angles[k] - angles[k - 1]);
  return widest;
}

}  // namespace

AtmosphereReport RemoveLocalAtmosphere(Array3<float>& displacement_m, const ReferenceArea& reference,
                                       const Array2<float>& height_m) {
  AtmosphereReport report;
  const std::vector<size_t> pixels = KnownPixels(reference.mask, displacement_m);
  const double gap_rad = WidestGap_rad(reference, pixels);
  const bool plane = gap_rad < kPi && !reference.from_border;
  if (!plane) {
    report.notes.push_back(
        fmt::format("The reference leaves {:.0f} degrees around the site open or is its border: "
                    "a ramp could not be told from it, and none was removed.",
                    gap_rad * 180 / kPi));
  }
  const Terms terms = MakeTerms(reference, pixels, height_m);
  int with_height = 0, without_reference = 0;
  for (int k = 0; k < displacement_m.planes; ++k) {
    const std::span<float> epoch = displacement_m.plane(k);
    EpochAtmosphere record;
    const Samples samples = SamplesOf(terms, pixels, epoch);
    if (samples.value_m.size() == 0) {
      ++without_reference;
    } else {
      const Eigen::Vector4d coefficient = FitEpoch(samples, plane, terms.relief, record);
      const Eigen::VectorXd removed = terms.value * coefficient;
      for (size_t i = 0; i < epoch.size(); ++i) epoch[i] -= static_cast<float>(removed[static_cast<long>(i)]);
      record.constant_m = coefficient[kConstant];
      record.per_row_m = coefficient[kRow] / terms.row_scale;
      record.per_col_m = coefficient[kCol] / terms.row_scale;
      record.per_height = coefficient[kHeight] / terms.height_scale;
      with_height += coefficient[kHeight] != 0 ? 1 : 0;
    }
    report.epochs.push_back(record);
  }
  if (with_height > 0) {
    report.notes.push_back(
        fmt::format("Height-correlated delay was removed from {} of {} epochs.", with_height, displacement_m.planes));
  }
  if (without_reference > 0) {
    report.notes.push_back(
        fmt::format("{} epochs have no data in the reference: nothing was removed from them.", without_reference));
  }
  return report;
}

}  // namespace fringewatch::unwrapper
