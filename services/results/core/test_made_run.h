/// A run made of formulas, for tests: Gaussian bowls that sink or rise at a steady rate, seen by a regular network.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "common/base/units.h"
#include "common/stack/stack_reader.h"
#include "services/results/core/inventory.h"

namespace fringewatch::results {

struct MadeBowl {
  double row = 0, col = 0;
  double radius_px = 10;     ///< where the rate falls to 5 % of the peak
  double peak_m_per_yr = 0;  ///< signed
  double stretch = 1.0;      ///< columns over rows
  /// Rate at a pixel's centre, m/yr.
  [[nodiscard]] double Rate(int r, int c) const {
    const double y = r + 0.5 - row, x = (c + 0.5 - col) / stretch;
    return peak_m_per_yr * std::exp(-std::log(20.0) * (x * x + y * y) / (radius_px * radius_px));
  }
  [[nodiscard]] PixelRing Outline() const {
    PixelRing ring;
    for (int i = 0; i < 48; ++i) {
      const double angle = kTwoPi * i / 48;
      ring.push_back({col + stretch * radius_px * std::cos(angle), row + radius_px * std::sin(angle)});
    }
    return ring;
  }
};

inline Track MadeTrack(int rows, int cols, int epochs = 12) {
  Track track;
  track.name = "005A_00001_010101";
  track.format = "licsar";
  track.grid = {
      rows,
      cols,
      18.20,
      50.40,
      0.0004,
      -0.0003,
      R"(GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]])",
      true};
  SetSpacing(track.grid);
  track.wavelength_m = 0.055465763;
  track.wavelength_source = "sensor table (S1)";
  track.line_of_sight = LineOfSight{-0.61, -0.11, 0.78};
  track.orbit_direction = "ascending";
  track.has_coherence = true;
  const Date first = *MakeDate(2024, 1, 3);
  for (int i = 0; i < epochs; ++i) {
    for (int j = i + 1; j <= std::min(epochs - 1, i + 3); ++j) {
      track.pairs.push_back({{first.days_since_1970 + 12 * i}, {first.days_since_1970 + 12 * j}, 10.0 * (j - i)});
    }
  }
  return track;
}

/// Smooth coherence with a lake of missing data.
class MadeStack final : public StackReader {
 public:
  explicit MadeStack(Track track) : track_(std::move(track)) {}
  [[nodiscard]] const Track& track() const override { return track_; }
  [[nodiscard]] StatusOr<PairRaster> ReadPair(int, const Window& window) const override {
    PairRaster pair{Array2<float>(window.rows, window.cols), Array2<float>(window.rows, window.cols)};
    for (int r = 0; r < window.rows; ++r) {
      for (int c = 0; c < window.cols; ++c) {
        const double y = window.row0 + r, x = window.col0 + c;
        const bool lake =
            std::hypot(y - 0.75 * track_.grid.rows, (x - 0.25 * track_.grid.cols) / 2) < 0.08 * track_.grid.rows;
        const double wave =
            std::sin(x / 37) * std::cos(y / 23) + 0.6 * std::sin((x + 2 * y) / 71) + 0.4 * std::sin(x / 9 + y / 7);
        pair.coherence(r, c) = lake ? kMissing : static_cast<float>(0.55 + 0.2 * wave);
        pair.phase_rad(r, c) = lake ? kMissing : 0.0F;
      }
    }
    return pair;
  }
  [[nodiscard]] StatusOr<Array2<float>> ReadHeight(const Window&) const override { return Array2<float>(); }

 private:
  Track track_;
};

/// A site as the pipeline would hand it over, with `error_m` added to every displacement after the first date.
inline SiteRecord MadeSite(const Track& track, const MadeBowl& bowl, double score, double error_m = 0.0) {
  SiteRecord site;
  site.flagged.outline = bowl.Outline();
  site.flagged.score = score;
  site.flagged.mean_score = 0.8 * score;
  site.flagged.kind = "both";
  site.flagged.peak_row = static_cast<int>(bowl.row);
  site.flagged.peak_col = static_cast<int>(bowl.col);
  site.flagged.area_px = static_cast<int>(kPi * bowl.radius_px * bowl.radius_px * bowl.stretch);
  site.flagged.voting_pairs = {0, 1, 3};
  site.site_id = SiteId(track, site.flagged);
  site.has_series = true;

  SiteSeries& series = site.series;
  const int margin = static_cast<int>(2 * bowl.radius_px * std::max(1.0, bowl.stretch));
  series.window = Grow({site.flagged.peak_row, site.flagged.peak_col, 1, 1}, margin, track.grid.frame());
  const int rows = series.window.rows, cols = series.window.cols;
  series.dates = DatesOf(track.pairs);
  const int epochs = static_cast<int>(series.dates.size());
  series.displacement_m = Array3<float>(epochs, rows, cols);
  series.displacement_std_m = Array3<float>(epochs, rows, cols);
  series.velocity_m_per_yr = series.velocity_std_m_per_yr = Array2<float>(rows, cols);
  series.acceleration_m_per_yr2 = Array2<float>(rows, cols, 0.01F);
  series.acceleration_std_m_per_yr2 = Array2<float>(rows, cols, 0.02F);
  series.temporal_coherence = Array2<float>(rows, cols, 0.93F);
  series.mean_coherence = Array2<float>(rows, cols, 0.6F);
  series.flags = Array2<uint8_t>(rows, cols);
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < cols; ++c) {
      const double rate = bowl.Rate(series.window.row0 + r, series.window.col0 + c);
      const double y = series.window.row0 + r + 0.5, x = series.window.col0 + c + 0.5;
      if (!RingContains(site.flagged.outline, y, x)) series.flags(r, c) |= kOutsideSite;
      series.velocity_m_per_yr(r, c) = static_cast<float>(rate);
      series.velocity_std_m_per_yr(r, c) = 0.004F;
      for (int t = 1; t < epochs; ++t) {
        const double years = DaysBetween(series.dates[0], series.dates[t]) / kDaysPerYear;
        series.displacement_m(t, r, c) = static_cast<float>(rate * years + error_m);
        series.displacement_std_m(t, r, c) = static_cast<float>(0.001 * std::sqrt(t));
      }
    }
  }
  series.reference_pixels = 500;
  series.pixels_unwrapped = static_cast<double>(rows) * cols * static_cast<double>(track.pairs.size());
  return site;
}

inline RunFacts MadeFacts(const Track& track) {
  return {.run_id = "0123456789ab",
          .version = "0.1.0",
          .model_hashes = {std::string(64, 'a'), std::string(64, 'b')},
          .device = "cpu bf16",
          .frame_pixels = track.grid.frame().pixels(),
          .pairs = static_cast<int>(track.pairs.size()),
          .pixels_scanned = track.grid.frame().pixels() * static_cast<long>(track.pairs.size()),
          .pixels_unwrapped = 1000000,
          .patch_pixels = 30000,
          .failed_tasks = {},
          .request_json = R"({"track":"005A"})"};
}

}  // namespace fringewatch::results
