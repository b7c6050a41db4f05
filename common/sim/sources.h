/// Shapes of moving ground: what one source does to the line of sight, in units of its own size.
#pragma once

#include <memory>

#include "common/base/random.h"
#include "common/sim/scene.h"

namespace fringewatch::sim {

/// A displacement pattern of arbitrary size and amplitude; PlacedSite gives it both.
class Source {
 public:
  virtual ~Source() = default;
  /// Line-of-sight displacement (positive towards the satellite) at `east`, `north` once the share `progress`
  /// (0 to 1) of the observation period has passed. 0 at progress 0.
  [[nodiscard]] virtual double LineOfSightAt(double east, double north, double progress) const = 0;
  /// Whether the pattern keeps its shape: LineOfSightAt(progress) = TimeLaw(progress) x LineOfSightAt(1).
  [[nodiscard]] virtual bool stationary() const { return true; }
  [[nodiscard]] virtual double TimeLaw(double progress) const { return progress; }
  /// Half size of a square that most often holds everything above 5 % of the peak.
  [[nodiscard]] virtual double reach() const = 0;
};

/// Terrain under a source: unit vector down the slope and its angle.
struct SlopeAt {
  double east = 1.0, north = 0.0;
  double angle_rad = 0.2;
};

/// A source with everything but size and amplitude drawn from `random`.
[[nodiscard]] std::unique_ptr<Source> DrawSource(SourceKind kind, const LineOfSight& line_of_sight,
                                                 const SlopeAt& slope, KeyedRandom& random);

}  // namespace fringewatch::sim
