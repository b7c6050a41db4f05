#include "services/results/core/velocity_comparison.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "common/base/units.h"

namespace fringewatch::results {
namespace {

/// First and second moments of pairs of numbers.
struct Moments {
  long count = 0;
  double x = 0, y = 0, xx = 0, yy = 0, xy = 0;

  void Add(double a, double b) {
    ++count;
    x += a;
    y += b;
    xx += a * a;
    yy += b * b;
    xy += a * b;
  }
};

}  // namespace

VelocityComparison CompareVelocities(const std::string& name, const Array2<float>& found_mm_yr,
                                     const Array2<float>& reference_mm_yr, const Array2<uint8_t>& inside) {
  Moments moments;
  for (size_t i = 0; i < found_mm_yr.size(); ++i) {
    const float found = found_mm_yr.values[i], reference = reference_mm_yr.values[i];
    if (std::isnan(found) || std::isnan(reference) || (!inside.empty() && inside.values[i] == 0)) continue;
    moments.Add(reference, found);
  }
  VelocityComparison result{.name = name, .pixels = moments.count};
  const double n = static_cast<double>(moments.count);
  const double var_x = moments.xx / n - std::pow(moments.x / n, 2);
  const double var_y = moments.yy / n - std::pow(moments.y / n, 2);
  const double covariance = moments.xy / n - moments.x / n * moments.y / n;
  if (moments.count < 3 || var_x <= 0 || var_y <= 0) {
    result.correlation = result.slope = result.offset_mm_yr = result.rmse_mm_yr = kMissing;
    return result;
  }
  result.correlation = covariance / std::sqrt(var_x * var_y);
  result.slope = covariance / var_x;
  result.offset_mm_yr = (moments.y - moments.x) / n;
  result.rmse_mm_yr = std::sqrt(std::max(0.0, var_x + var_y - 2 * covariance));
  return result;
}

std::string ToText(const std::vector<VelocityComparison>& comparisons) {
  std::string text = fmt::format("{:<28} {:>8} {:>6} {:>7} {:>13} {:>11}\n", "site", "pixels", "corr", "slope",
                                 "offset mm/yr", "RMSE mm/yr");
  for (const VelocityComparison& c : comparisons) {
    text += fmt::format("{:<28} {:>8} {:>6.3f} {:>7.3f} {:>13.1f} {:>11.1f}\n", c.name, c.pixels, c.correlation,
                        c.slope, c.offset_mm_yr, c.rmse_mm_yr);
  }
  return text;
}

std::string ToJson(const std::vector<VelocityComparison>& comparisons) {
  nlohmann::json list = nlohmann::json::array();  // NaN is written as null
  for (const VelocityComparison& c : comparisons) {
    list.push_back({{"site", c.name},
                    {"pixels", c.pixels},
                    {"correlation", c.correlation},
                    {"slope", c.slope},
                    {"offset_mm_yr", c.offset_mm_yr},
                    {"rmse_mm_yr", c.rmse_mm_yr}});
  }
  return list.dump(2);
}

}  // namespace fringewatch::results
