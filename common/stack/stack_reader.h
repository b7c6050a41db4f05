/// The one way to the pixels of a stack: windowed reads, so that memory does not grow with the frame.
#pragma once

#include "common/base/status.h"
#include "common/raster/array.h"
#include "common/stack/track.h"

namespace fringewatch {

/// One pair inside a window. NaN = missing in both rasters (a pixel missing in one is missing in both).
struct PairRaster {
  Array2<float> phase_rad;  ///< wrapped, [-pi, pi], positive = range increase between date1 and date2
  Array2<float> coherence;  ///< [0, 1]; empty (0 x 0) when the track has none
};

/// Reads windows of a stack. Thread-safe: any number of reads at once.
class StackReader {
 public:
  virtual ~StackReader() = default;
  [[nodiscard]] virtual const Track& track() const = 0;
  /// Window of one pair, `pair` an index into track().pairs; the window must lie inside the grid.
  /// \error kRasterTruncated or kNotReadable, with the file.
  [[nodiscard]] virtual StatusOr<PairRaster> ReadPair(int pair, const Window& window) const = 0;
  /// Heights in metres, NaN = missing; 0 x 0 when the track has none. Errors as ReadPair.
  [[nodiscard]] virtual StatusOr<Array2<float>> ReadHeight(const Window& window) const = 0;
  /// Everything that was found out when the stack was opened, as text: io::ReopenStack makes the same stack of it
  /// without looking at its files again. Empty for stacks that lie in no files.
  [[nodiscard]] virtual std::string Layout() const { return {}; }
};

/// Fills an empty coherence with an estimate from the phase: PhaseCoherence over 5 x 5 pixels.
void EstimateMissingCoherence(PairRaster& raster);

/// ReadPair, then EstimateMissingCoherence.
[[nodiscard]] StatusOr<PairRaster> ReadPairWithCoherence(const StackReader& reader, int pair, const Window& window);

}  // namespace fringewatch
