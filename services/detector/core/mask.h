/// Which pixels of an interferogram may speak at all.
///
/// The floor is deliberately low: weak coherence is evidence that the networks and the weights judge, so only pixels
/// that carry nothing are removed. Sources write nodata as coherence 0, and a lone pixel in water is chance.
#pragma once

#include <cstdint>

#include "common/stack/stack_reader.h"

namespace fringewatch::detector {

inline constexpr float kCoherenceFloor = 0.05F;  ///< at or below: no signal, or nodata written as 0
inline constexpr int kMinNeighbours = 2;         ///< usable ones of the 8 around a pixel, else it is isolated

/// What becomes of a pixel.
enum class PixelUse : uint8_t { kUsable, kMissing, kIncoherent, kIsolated };

/// Verdict on every pixel of a pair, same shape. `pair.coherence` must not be empty (ReadPairWithCoherence).
[[nodiscard]] Array2<PixelUse> JudgePixels(const PairRaster& pair);

/// Sets every unusable pixel of `pair` to missing (NaN in both rasters); returns how many usable ones are left.
long MaskUnusable(PairRaster& pair);

}  // namespace fringewatch::detector
