// The judge itself is judged on cases whose answer is known.
#include "services/results/core/evaluation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "common/base/units.h"

namespace fringewatch::results {
namespace {

PixelRing Square(double row, double col, double half) {
  return {{col - half, row - half}, {col + half, row - half}, {col + half, row + half}, {col - half, row + half}};
}

TrueSite True(const std::string& id, double row, double col, double half) {
  return {id, "bowl", Square(row, col, half), row, col, half * 30, -100, 1};
}

FoundSite Found(const std::string& id, double row, double col, double half) {
  return {id, Square(row, col, half), 0.9, row, col};
}

/// A frame of 1000 x 1000 pixels of 30 m (900 km2), true velocity -100 mm/yr everywhere, found -90.
EvaluationInput Frame() {
  EvaluationInput input;
  input.grid = {1000, 1000, 0, 0, 30, -30, "CRS"};
  SetSpacing(input.grid);
  input.wavelength_m = 0.0555;
  input.true_velocity_mm_yr = [](const Window& w) { return Array2<float>(w.rows, w.cols, -100.0F); };
  input.found_velocity_mm_yr = [](const Window& w) { return Array2<float>(w.rows, w.cols, -90.0F); };
  input.series = [](const std::string&) -> StatusOr<SiteSeries> { return Error(Fault::kNotReadable, "none"); };
  input.true_displacement_mm = [](Date date, const Window& w) {
    return Array2<float>(w.rows, w.cols, static_cast<float>(-0.1 * date.days_since_1970));
  };
  return input;
}

TEST(MatchSites, OneToOneBestFirst) {
  EvaluationInput input = Frame();
  input.truth = {True("t0", 100, 100, 20), True("t1", 100, 130, 20)};
  input.found = {Found("f0", 100, 128, 18), Found("f1", 102, 104, 18), Found("f2", 104, 96, 10)};
  EXPECT_EQ(MatchSites(input), (std::vector<std::pair<int, int>>{{0, 1}, {1, 0}}));
}

TEST(MatchSites, PeakInsideOrNearOrEnoughOverlap) {
  EvaluationInput input = Frame();
  input.truth = {True("t", 100, 100, 20)};
  input.found = {Found("inside", 115, 115, 2)};
  EXPECT_EQ(MatchSites(input).size(), 1U) << "the peak lies inside";
  input.found = {Found("touching", 100, 139, 20)};
  EXPECT_EQ(MatchSites(input).size(), 0U) << "IoU 0.01, peak outside";
  input.found = {Found("overlapping", 100, 125, 20)};
  EXPECT_EQ(MatchSites(input).size(), 1U) << "IoU 0.23, peak outside";
  input.found = {Found("far", 500, 500, 20)};
  EXPECT_EQ(MatchSites(input).size(), 0U);
}

TEST(Evaluate, CountsAndRates) {
  EvaluationInput input = Frame();
  input.truth = {True("t0", 100, 100, 20), True("t1", 300, 300, 20), True("t2", 700, 700, 20)};
  input.found = {Found("f0", 100, 100, 20), Found("f1", 300, 300, 10), Found("f2", 500, 100, 20),
                 Found("f3", 900, 900, 5)};
  const auto evaluation = Evaluate(input);
  ASSERT_TRUE(evaluation.ok()) << evaluation.status();
  EXPECT_NEAR(evaluation->precision, 0.5, 1e-12);
  EXPECT_NEAR(evaluation->recall, 2.0 / 3, 1e-12);
  EXPECT_NEAR(evaluation->f1, 4.0 / 7, 1e-12);
  EXPECT_NEAR(evaluation->frame_km2, 900, 1e-9);
  EXPECT_NEAR(evaluation->false_sites_per_1000_km2, 2 / 0.9, 1e-9);
  EXPECT_NEAR(evaluation->iou_median, (1.0 + 0.25) / 2, 1e-12);
  EXPECT_NEAR(evaluation->peak_relative_error_median, 0.1, 1e-6);
  EXPECT_NEAR(evaluation->velocity_rmse_mm_yr, 10, 1e-4);
  EXPECT_TRUE(std::isnan(evaluation->series_rmse_mm)) << "no series at all";
  EXPECT_EQ(evaluation->missed, std::vector<std::string>{"t2"});
  EXPECT_EQ(evaluation->false_alarms, (std::vector<std::string>{"f2", "f3"}));
}

TEST(Evaluate, AMaskedPeakIsAWrongPeak) {
  EvaluationInput input = Frame();
  input.truth = {True("t", 100, 100, 20)};
  input.found = {Found("f", 100, 100, 20)};
  input.true_velocity_mm_yr = [](const Window& w) {
    Array2<float> velocity(w.rows, w.cols);
    for (int r = 0; r < w.rows; ++r) {
      for (int c = 0; c < w.cols; ++c) {
        velocity(r, c) = static_cast<float>(-100 * std::exp(-(std::pow(r - 20, 2) + std::pow(c - 20, 2)) / 100.0));
      }
    }
    return velocity;
  };
  input.found_velocity_mm_yr = [&](const Window& w) {
    Array2<float> velocity = *input.true_velocity_mm_yr(w);
    for (float& v : velocity.values) {
      if (v < -40) v = kMissing;
    }
    return velocity;
  };
  const auto evaluation = Evaluate(input);
  ASSERT_TRUE(evaluation.ok());
  EXPECT_EQ(evaluation->peak_relative_error_median, 1.0);
  EXPECT_LT(evaluation->matches[0].true_peak_mm_yr, -85);
  EXPECT_NEAR(evaluation->velocity_rmse_mm_yr, 0, 1e-6);
}

/// Series of 21 x 21 pixels around (100, 100): the truth plus `offset_mm` everywhere plus `error_mm` inside.
SiteSeries SeriesOf(const EvaluationInput& input, double offset_mm, double error_mm) {
  SiteSeries series;
  series.window = {80, 80, 41, 41};
  series.dates = {{0}, {12}, {24}};
  series.displacement_m = Array3<float>(3, 41, 41);
  series.flags = Array2<uint8_t>(41, 41);
  for (int t = 1; t < 3; ++t) {
    const Array2<float> truth = *input.true_displacement_mm(series.dates[t], series.window);
    for (int r = 0; r < 41; ++r) {
      for (int c = 0; c < 41; ++c) {
        const bool inside = std::abs(r - 19.5) < 10 && std::abs(c - 19.5) < 10;
        if (!inside) series.flags(r, c) = kOutsideSite | kReferenceArea;
        series.displacement_m(t, r, c) = static_cast<float>(1e-3 * (truth(r, c) + offset_mm + (inside ? error_mm : 0)));
      }
    }
  }
  return series;
}

TEST(Evaluate, TheOffsetOfTheReferenceIsNoError) {
  EvaluationInput input = Frame();
  input.truth = {True("t", 100, 100, 10)};
  input.found = {Found("f", 100, 100, 10)};
  input.series = [&](const std::string&) -> StatusOr<SiteSeries> { return SeriesOf(input, 7.0, 2.0); };
  const auto evaluation = Evaluate(input);
  ASSERT_TRUE(evaluation.ok());
  EXPECT_NEAR(evaluation->series_rmse_mm, 2.0, 1e-3);
  EXPECT_NEAR(evaluation->aliased_share, 0.0, 1e-12);
}

TEST(Evaluate, FastAndSlowVelocitiesAreJudgedApart) {
  EvaluationInput input = Frame();
  input.truth = {True("t", 100, 100, 10)};
  input.found = {Found("f", 100, 100, 10)};
  const auto true_mm_yr = [](int col) { return col < 100 ? -200.0 : -50.0; };
  input.true_displacement_mm = [&](Date date, const Window& w) {
    Array2<float> displacement(w.rows, w.cols);
    for (int r = 0; r < w.rows; ++r) {
      for (int c = 0; c < w.cols; ++c) {
        displacement(r, c) = static_cast<float>(true_mm_yr(w.col0 + c) * date.days_since_1970 / kDaysPerYear);
      }
    }
    return displacement;
  };
  input.series = [&](const std::string&) -> StatusOr<SiteSeries> {
    SiteSeries series = SeriesOf(input, 0.0, 0.0);
    series.velocity_m_per_yr = Array2<float>(41, 41);
    series.velocity_std_m_per_yr = Array2<float>(41, 41, 3e-3F);
    for (int r = 0; r < 41; ++r) {
      for (int c = 0; c < 41; ++c) {
        const double truth = true_mm_yr(series.window.col0 + c);
        series.velocity_m_per_yr(r, c) = static_cast<float>(1e-3 * truth * (truth < -100 ? 1.02 : 1.04));
      }
    }
    series.velocity_m_per_yr(20, 25) = 9.0F;
    series.flags(20, 25) = kTooFast;
    return series;
  };
  const auto evaluation = Evaluate(input);
  ASSERT_TRUE(evaluation.ok());
  EXPECT_NEAR(evaluation->fast_relative_error_median, 0.02, 1e-5);
  EXPECT_NEAR(evaluation->slow_rmse_mm_yr, 2.0, 1e-3);
  EXPECT_NEAR(evaluation->inside_one_sigma, 0.5, 0.01) << "2 mm/yr are, 4 are not";
}

TEST(Evaluate, AliasedPixelsAreLeftOutAndCounted) {
  EvaluationInput input = Frame();
  input.truth = {True("t", 100, 100, 10)};
  input.found = {Found("f", 100, 100, 10)};
  // A step between columns 99 and 100: pi of phase is wavelength / 4 = 13.9 mm; 16 mm per 12 days is beyond, 12 not.
  for (const double step_mm : {16.0, 12.0}) {
    input.true_displacement_mm = [step_mm](Date date, const Window& w) {
      Array2<float> displacement(w.rows, w.cols);
      for (int r = 0; r < w.rows; ++r) {
        for (int c = 0; c < w.cols; ++c) {
          displacement(r, c) = w.col0 + c >= 100 ? static_cast<float>(-step_mm * date.days_since_1970 / 12) : 0.0F;
        }
      }
      return displacement;
    };
    input.series = [&](const std::string&) -> StatusOr<SiteSeries> { return SeriesOf(input, 0.0, 1.0); };
    const auto evaluation = Evaluate(input);
    ASSERT_TRUE(evaluation.ok());
    EXPECT_NEAR(evaluation->aliased_share, step_mm > 13.9 ? 2.0 / 20 : 0.0, 1e-12) << step_mm;
    EXPECT_NEAR(evaluation->series_rmse_mm, 1.0, 1e-3);
  }
}

TEST(Evaluate, PixelsTheRunCallsTooFastAreNotCompared) {
  EvaluationInput input = Frame();
  input.truth = {True("t", 100, 100, 10)};
  input.found = {Found("f", 100, 100, 10)};
  input.series = [&](const std::string&) -> StatusOr<SiteSeries> {
    SiteSeries series = SeriesOf(input, 0.0, 0.0);
    for (int r = 10; r < 30; ++r) {
      series.flags(r, 15) |= kTooFast;
      series.displacement_m(2, r, 15) = 5.0F;
    }
    return series;
  };
  const auto evaluation = Evaluate(input);
  ASSERT_TRUE(evaluation.ok());
  EXPECT_NEAR(evaluation->too_fast_share, 0.05, 1e-12);
  EXPECT_NEAR(evaluation->series_rmse_mm, 0.0, 1e-3);
}

TEST(Evaluate, NothingToFindAndNothingFound) {
  const auto evaluation = Evaluate(Frame());
  ASSERT_TRUE(evaluation.ok());
  EXPECT_EQ(evaluation->false_sites_per_1000_km2, 0.0);
  EXPECT_TRUE(std::isnan(evaluation->recall));
  EXPECT_TRUE(nlohmann::json::parse(ToJson(*evaluation))["recall"].is_null());
  EXPECT_NE(ToText(*evaluation).find("0 true"), std::string::npos);
}

}  // namespace
}  // namespace fringewatch::results
