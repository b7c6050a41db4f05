/// Sources put into a frame: position, size, amplitude, outline.
#pragma once

#include <memory>
#include <vector>

#include "common/sim/sources.h"
#include "common/sim/terrain.h"

namespace fringewatch::sim {

/// A source at its place. Outside its support (4 radii at 5 % of the peak) it moves nothing; between 3 and 4 radii
/// it fades out smoothly.
class PlacedSite {
 public:
  /// Draws the site `id` of a scene; `others` are the sites already placed, which it keeps away from.
  PlacedSite(const SceneConfig& config, const LineOfSight& line_of_sight, const Terrain& terrain, int id,
             const std::vector<PlacedSite>& others);
  [[nodiscard]] const TrueSite& truth() const { return truth_; }
  /// Adds the displacement (m, line of sight) at a share of the observation period to `values` of `window`.
  void AddDisplacement(double progress, const Window& window, Array2<float>& values) const;

 private:
  void DrawPlace(const SceneConfig& config, const Terrain& terrain, const std::vector<PlacedSite>& others,
                 KeyedRandom& random);
  void FitSize();
  void FitAmplitude(const SceneConfig& config, KeyedRandom& random);
  void DrawOutline();
  /// Displacement before scaling by amplitude_, at the centre of a pixel.
  [[nodiscard]] double ShapeAt(int row, int col, double progress) const;

  TrueSite truth_;
  double pixel_m_;
  std::unique_ptr<Source> source_;
  double unit_m_ = 1.0;                        ///< metres of one unit of the source
  double peak_east_ = 0.0, peak_north_ = 0.0;  ///< of the source's peak, in its units: lies at (row, col)
  double amplitude_m_ = 1.0;
  Window support_;         ///< cut to the frame
  Array2<float> final_m_;  ///< displacement over the whole period, of support_
};

}  // namespace fringewatch::sim
