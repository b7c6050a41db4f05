#include "common/io/file_stack.h"

#include <algorithm>
#include <cmath>

#include "common/raster/phase.h"

namespace fringewatch::io {
namespace {

Window InFile(const Layer& layer, const Window& window) {
  return {window.row0 + layer.row_offset, window.col0 + layer.col_offset, window.rows, window.cols};
}

// `part` covers `inside` (file coordinates) of a raster asked for over `asked`.
Array2<float> Padded(const Array2<float>& part, const Window& inside, const Window& asked) {
  Array2<float> whole(asked.rows, asked.cols, kMissing);
  for (int r = 0; r < inside.rows; ++r) {
    for (int c = 0; c < inside.cols; ++c) {
      whole(r + inside.row0 - asked.row0, c + inside.col0 - asked.col0) = part(r, c);
    }
  }
  return whole;
}

StatusOr<ComplexWindow> ReadComplexLayer(const DatasetPool& pool, const Layer& layer, const Window& window) {
  const Window asked = InFile(layer, window), inside = Intersect(asked, layer.info.grid.frame());
  FW_ASSIGN_OR_RETURN(ComplexWindow parts, pool.ReadComplex(layer.source, layer.info, inside));
  if (inside == asked) return parts;
  return ComplexWindow{Padded(parts.phase_rad, inside, asked), Padded(parts.magnitude, inside, asked)};
}

// Coherence in [0, 1]. A nodata value of 0 is a coherence of 0: whether a pixel is missing is the phase's to say.
StatusOr<Array2<float>> ReadCoherence(const DatasetPool& pool, Layer layer, const Window& window) {
  if (layer.info.nodata == 0.0) layer.info.nodata.reset();
  FW_ASSIGN_OR_RETURN(Array2<float> coherence, ReadLayer(pool, layer, window));
  const float scale = layer.info.is_byte ? kByteToCoherence : 1.0f;
  for (float& value : coherence.values) {
    if (!std::isnan(value)) value = std::clamp(value * scale, 0.0f, 1.0f);
  }
  return coherence;
}

// Wraps, turns the sign, and makes what is missing in one raster missing in both.
void Finish(const PairLayers& pair, PairRaster& raster) {
  const bool with_coherence = !raster.coherence.empty();
  for (size_t i = 0; i < raster.phase_rad.size(); ++i) {
    float& phase = raster.phase_rad.values[i];
    float* coherence = with_coherence ? &raster.coherence.values[i] : nullptr;
    const bool no_signal = phase == 0.0f && (pair.zero_is_missing || (coherence != nullptr && *coherence == 0.0f));
    if (std::isnan(phase) || no_signal || (coherence != nullptr && std::isnan(*coherence))) {
      phase = kMissing;
      if (coherence != nullptr) *coherence = kMissing;
    } else {
      phase = Wrap(pair.negate ? -phase : phase);
    }
  }
}

}  // namespace

StatusOr<Array2<float>> ReadLayer(const DatasetPool& pool, const Layer& layer, const Window& window) {
  const Window asked = InFile(layer, window), inside = Intersect(asked, layer.info.grid.frame());
  FW_ASSIGN_OR_RETURN(Array2<float> part, pool.Read(layer.source, layer.info, inside));
  if (inside == asked) return part;
  return Padded(part, inside, asked);
}

StatusOr<PairRaster> ReadPairLayers(const DatasetPool& pool, const PairLayers& pair, const Window& window) {
  PairRaster raster;
  if (pair.magnitude_is_coherence) {
    FW_ASSIGN_OR_RETURN(ComplexWindow parts, ReadComplexLayer(pool, pair.phase, window));
    raster.phase_rad = std::move(parts.phase_rad);
    raster.coherence = std::move(parts.magnitude);
    for (float& value : raster.coherence.values) value = std::isnan(value) ? value : std::min(value, 1.0f);
    Finish(pair, raster);
    return raster;
  }
  FW_ASSIGN_OR_RETURN(raster.phase_rad, ReadLayer(pool, pair.phase, window));
  if (pair.coherence) {
    FW_ASSIGN_OR_RETURN(raster.coherence, ReadCoherence(pool, *pair.coherence, window));
  }
  Finish(pair, raster);
  return raster;
}

Status FileStack::CheckWindow(const Window& window) const {
  if (Intersect(window, track_.grid.frame()) == window && !window.empty()) return {};
  return Error(Fault::kInternal, "window of {} x {} at ({}, {}) does not lie in the frame of {} x {}", window.rows,
               window.cols, window.row0, window.col0, track_.grid.rows, track_.grid.cols);
}

StatusOr<PairRaster> FileStack::ReadPair(int pair, const Window& window) const {
  FW_RETURN_IF_ERROR(CheckWindow(window));
  if (pair < 0 || pair >= static_cast<int>(pairs_.size())) {
    return Error(Fault::kInternal, "pair {} of {}", pair, pairs_.size());
  }
  return ReadPairLayers(pool_, pairs_[static_cast<size_t>(pair)], window);
}

StatusOr<Array2<float>> FileStack::ReadHeight(const Window& window) const {
  if (!height_) return Array2<float>();
  FW_RETURN_IF_ERROR(CheckWindow(window));
  return ReadLayer(pool_, *height_, window);
}

}  // namespace fringewatch::io
