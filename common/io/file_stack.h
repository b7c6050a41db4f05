/// The pixels of an accepted stack: files on one common grid, read by window.
#pragma once

#include <optional>
#include <vector>

#include "common/io/dataset.h"
#include "common/stack/stack_reader.h"

namespace fringewatch::io {

/// A band and where the common frame lies in it: pixel of the file = pixel of the frame + offset.
struct Layer {
  RasterSource source;
  RasterInfo info;
  int row_offset = 0;
  int col_offset = 0;
};

/// One pair as read: how its files become phase and coherence.
struct PairLayers {
  Layer phase;
  std::optional<Layer> coherence;
  bool negate = false;  ///< the file holds the phase of the earlier date relative to the later one
  bool zero_is_missing = false;
  bool magnitude_is_coherence = false;  ///< complex phase whose magnitude lies in [0, 1]
};

/// A window (frame coordinates) of a layer, NaN where the file does not reach. Errors as DatasetPool::Read.
[[nodiscard]] StatusOr<Array2<float>> ReadLayer(const DatasetPool& pool, const Layer& layer, const Window& window);

/// Phase and coherence of a pair in a window of the frame, as StackReader::ReadPair promises.
[[nodiscard]] StatusOr<PairRaster> ReadPairLayers(const DatasetPool& pool, const PairLayers& pair,
                                                  const Window& window);

class FileStack final : public StackReader {
 public:
  /// `pairs` in the order of track.pairs.
  FileStack(Track track, std::vector<PairLayers> pairs, std::optional<Layer> height, SourceRules rules)
      : track_(std::move(track)), pairs_(std::move(pairs)), height_(std::move(height)), pool_(std::move(rules)) {}
  [[nodiscard]] const Track& track() const override { return track_; }
  [[nodiscard]] StatusOr<PairRaster> ReadPair(int pair, const Window& window) const override;
  [[nodiscard]] StatusOr<Array2<float>> ReadHeight(const Window& window) const override;
  [[nodiscard]] std::string Layout() const override;

 private:
  [[nodiscard]] Status CheckWindow(const Window& window) const;
  Track track_;
  std::vector<PairLayers> pairs_;
  std::optional<Layer> height_;
  DatasetPool pool_;
};

}  // namespace fringewatch::io
