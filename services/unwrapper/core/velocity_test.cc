/// Truth: polynomials in time, and dense least squares of noisy series.
#include "services/unwrapper/core/velocity.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>

#include "common/base/units.h"
#include "services/unwrapper/core/test_networks.h"

namespace fringewatch::unwrapper {
namespace {

const std::vector<double> kDays = {0, 12, 24, 48, 60, 96, 108, 120, 180, 192, 300};

Array3<float> Series(const std::vector<double>& days, double offset_m, double velocity, double acceleration) {
  Array3<float> series(static_cast<int>(days.size()), 1, 1);
  for (size_t k = 0; k < days.size(); ++k) {
    const double t = days[k] / kDaysPerYear;
    series.values[k] = static_cast<float>(offset_m + velocity * t + acceleration / 2 * t * t);
  }
  return series;
}

TEST(FitVelocity, OfAStraightLine) {
  const VelocityMap map = FitVelocity(kDays, Series(kDays, 0.4, -0.37, 0), {});
  EXPECT_NEAR(map.velocity_m_per_yr(0, 0), -0.37, 1e-6);
  EXPECT_NEAR(map.velocity_std_m_per_yr(0, 0), 0, 1e-6);
  EXPECT_NEAR(map.acceleration_m_per_yr2(0, 0), 0, 1e-5);
}

TEST(FitVelocity, OfAParabola) {
  const VelocityMap map = FitVelocity(kDays, Series(kDays, 0, 0.2, -0.9), {});
  EXPECT_NEAR(map.acceleration_m_per_yr2(0, 0), -0.9, 1e-5);
  EXPECT_NEAR(map.acceleration_std_m_per_yr2(0, 0), 0, 1e-5);
  EXPECT_GT(map.velocity_std_m_per_yr(0, 0), 1e-3);
}

TEST(FitVelocity, TooFewDatesAreSaid) {
  const auto with_dates = [](int count) {
    Array3<float> series = Series(kDays, 0, 0.1, 0);
    for (int k = count; k < series.planes; ++k) series(k, 0, 0) = kMissing;
    return FitVelocity(kDays, series, {});
  };
  EXPECT_TRUE(std::isnan(with_dates(0).velocity_m_per_yr(0, 0)));
  EXPECT_TRUE(std::isnan(with_dates(1).velocity_m_per_yr(0, 0)));
  EXPECT_NEAR(with_dates(2).velocity_m_per_yr(0, 0), 0.1, 1e-6);
  EXPECT_TRUE(std::isnan(with_dates(2).velocity_std_m_per_yr(0, 0)));
  EXPECT_FALSE(std::isnan(with_dates(3).velocity_std_m_per_yr(0, 0)));
  EXPECT_TRUE(std::isnan(with_dates(4).acceleration_m_per_yr2(0, 0)));
  EXPECT_NEAR(with_dates(5).acceleration_m_per_yr2(0, 0), 0, 1e-4);
}

struct Dense {
  double coefficient, sigma;
};

/// Last coefficient of a polynomial of the given degree in years, with its sigma.
Dense FitDense(const std::vector<double>& days, const std::vector<double>& value, int degree) {
  const int n = static_cast<int>(days.size());
  Eigen::MatrixXd design(n, degree + 1);
  for (int k = 0; k < n; ++k) {
    for (int p = 0; p <= degree; ++p) design(k, p) = std::pow(days[k] / kDaysPerYear, p);
  }
  const Eigen::VectorXd y = Eigen::Map<const Eigen::VectorXd>(value.data(), n);
  const Eigen::MatrixXd inverse = (design.transpose() * design).inverse();
  const Eigen::VectorXd x = inverse * design.transpose() * y;
  const double variance = (y - design * x).squaredNorm() / (n - degree - 1);
  return {x[degree], std::sqrt(variance * inverse(degree, degree))};
}

TEST(FitVelocity, AgreesWithDenseLeastSquaresWithGaps) {
  const uint64_t seed = TestSeed(3);
  const int cols = 50, dates = static_cast<int>(kDays.size());
  Array3<float> series(dates, 1, cols);
  KeyedRandom random(seed);
  for (float& value : series.values)
    value = random.Chance(0.25) ? kMissing : static_cast<float>(0.02 * random.Normal());
  const VelocityMap map = FitVelocity(kDays, series, {});
  for (int c = 0; c < cols; ++c) {
    std::vector<double> days, value;
    for (int k = 0; k < dates; ++k) {
      if (std::isnan(series(k, 0, c))) continue;
      days.push_back(kDays[k]);
      value.push_back(series(k, 0, c));
    }
    if (days.size() < 5) continue;
    const Dense line = FitDense(days, value, 1), parabola = FitDense(days, value, 2);
    EXPECT_NEAR(map.velocity_m_per_yr(0, c), line.coefficient, 1e-5 * (1 + std::abs(line.coefficient)));
    EXPECT_NEAR(map.velocity_std_m_per_yr(0, c), line.sigma, 1e-5 * (1 + line.sigma));
    EXPECT_NEAR(map.acceleration_m_per_yr2(0, c), 2 * parabola.coefficient,
                1e-5 * (1 + std::abs(parabola.coefficient)));
    EXPECT_NEAR(map.acceleration_std_m_per_yr2(0, c), 2 * parabola.sigma, 1e-5 * (1 + parabola.sigma));
  }
}

TEST(FitVelocity, SigmasAreCalibrated) {
  const uint64_t seed = TestSeed(4);
  const int cols = 4000;
  std::vector<double> days;
  for (int k = 0; k < 30; ++k) days.push_back(12.0 * k);
  Array3<float> series(30, 1, cols);
  KeyedRandom random(seed);
  for (size_t i = 0; i < series.values.size(); ++i) {
    const double t = days[i / cols] / kDaysPerYear;
    series.values[i] = static_cast<float>(0.3 * t + 0.01 * random.Normal());
  }
  const VelocityMap map = FitVelocity(days, series, {});
  int velocity_within = 0, acceleration_within = 0;
  for (int c = 0; c < cols; ++c) {
    velocity_within += std::abs(map.velocity_m_per_yr(0, c) - 0.3) < map.velocity_std_m_per_yr(0, c);
    acceleration_within += std::abs(map.acceleration_m_per_yr2(0, c)) < map.acceleration_std_m_per_yr2(0, c);
  }
  for (const int within : {velocity_within, acceleration_within}) {
    EXPECT_GT(within, 0.62 * cols);
    EXPECT_LT(within, 0.74 * cols);
  }
}

TEST(FitVelocity, SigmasOfAWalkAreCalibrated) {
  const uint64_t seed = TestSeed(5);
  const int cols = 3000, dates = 30;
  std::vector<double> days;
  for (int k = 0; k < dates; ++k) days.push_back(12.0 * k);
  Array3<float> series(dates, 1, cols), sigma(dates, 1, cols);
  KeyedRandom random(seed);
  for (int c = 0; c < cols; ++c) {
    double walk_m = 0;
    for (int k = 0; k < dates; ++k) {
      series(k, 0, c) = static_cast<float>(walk_m);
      sigma(k, 0, c) = static_cast<float>(0.003 * std::sqrt(k));
      walk_m += 0.003 * random.Normal();
    }
  }
  const VelocityMap told = FitVelocity(days, series, sigma), untold = FitVelocity(days, series, {});
  int within_told = 0, within_untold = 0;
  for (int c = 0; c < cols; ++c) {
    const double error = std::abs(told.velocity_m_per_yr(0, c));
    within_told += error < told.velocity_std_m_per_yr(0, c);
    within_untold += error < untold.velocity_std_m_per_yr(0, c);
  }
  EXPECT_GT(within_told, 0.62 * cols);
  EXPECT_LT(within_told, 0.74 * cols);
  EXPECT_LT(within_untold, 0.40 * cols) << "residuals alone do not show it";
}

TEST(FitVelocity, GainIsTheSquaredSayOfEachDate) {
  const std::vector<double> days = {0, 12, 24, 48, 54, 90};
  double velocity = 0, acceleration = 0;
  VelocityMap map;
  for (size_t date = 0; date < days.size(); ++date) {
    Array3<float> impulse(static_cast<int>(days.size()), 1, 1);
    impulse(static_cast<int>(date), 0, 0) = 1.0F;
    map = FitVelocity(days, impulse, {});
    velocity += std::pow(map.velocity_m_per_yr(0, 0), 2);
    acceleration += std::pow(map.acceleration_m_per_yr2(0, 0), 2);
  }
  EXPECT_NEAR(map.velocity_gain(0, 0) / velocity, 1.0, 1e-5);
  EXPECT_NEAR(map.acceleration_gain(0, 0) / acceleration, 1.0, 1e-5);
  Array3<float> few(static_cast<int>(days.size()), 1, 1);
  few(1, 0, 0) = few(4, 0, 0) = kMissing;
  map = FitVelocity(days, few, {});
  EXPECT_GT(map.velocity_gain(0, 0), velocity);
  EXPECT_TRUE(std::isnan(map.acceleration_gain(0, 0))) << "4 dates";
}

}  // namespace
}  // namespace fringewatch::unwrapper
