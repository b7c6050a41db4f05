#include "common/stack/stack_reader.h"

#include "common/raster/phase.h"

namespace fringewatch {
namespace {
constexpr int kCoherenceHalfWidth_px = 2;
}

void EstimateMissingCoherence(PairRaster& raster) {
  if (raster.coherence.empty()) raster.coherence = PhaseCoherence(raster.phase_rad, kCoherenceHalfWidth_px);
}

StatusOr<PairRaster> ReadPairWithCoherence(const StackReader& reader, int pair, const Window& window) {
  FW_ASSIGN_OR_RETURN(PairRaster raster, reader.ReadPair(pair, window));
  EstimateMissingCoherence(raster);
  return raster;
}

}  // namespace fringewatch
