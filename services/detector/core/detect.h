/// Detection on one tile of a stack: from wrapped pairs to flagged sites. The whole data flow of the stage:
///
///   read every pair of the tile's padded window (one at a time)
///     -> usable-pixel mask -> DDNet -> running evidence over the stack
///                          -> running gradient stack
///   gradient stack -> slow-mover head
///   both -> evidence map -> sites whose peak lies in the tile's core
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/nn/device.h"
#include "common/raster/tiling.h"
#include "common/stack/site.h"
#include "common/stack/stack_reader.h"

namespace fringewatch::detector {

struct DetectOptions {
  double threshold = 0.5;          ///< evidence a site's peak must reach, 0 to 1
  double outline_threshold = 0.3;  ///< evidence that its outline follows
  int min_area_px = 12;
  int batch_px = 4 << 20;  ///< pixels in the networks at once, at most: bounds memory
  int threads = 0;         ///< pairs at once, at most; 0 = as many as processors. Does not change the answer
};

/// Evidence and sites of one tile.
struct TileDetections {
  std::vector<FlaggedSite> sites;  ///< frame coordinates, peak inside tile.core, strongest first
  Array2<float> evidence;          ///< of tile.core, 0 to 1; NaN where no pair has data
  long pixels_scanned = 0;         ///< pixels x pairs with data
};

/// The networks of the stage, loaded once and shared by all tiles. One call at a time per object.
class Detector {
 public:
  /// Loads DDNet and the slow-mover head from `model_dir` (nn::LoadModel checks the hashes).
  /// \error kModelRefused with the file, the two hashes and the remedy.
  [[nodiscard]] static StatusOr<std::unique_ptr<Detector>> Load(const std::string& model_dir, const nn::Device& device,
                                                                const DetectOptions& options);
  ~Detector();
  /// Same answer whatever the tiling as long as the halo holds the receptive field and the largest site.
  /// Errors of StackReader; kOutOfMemory.
  [[nodiscard]] StatusOr<TileDetections> Detect(const StackReader& stack, const Tile& tile) const;
  /// Probability that each pixel of one interferogram moves, 0 to 1; NaN = missing. Any size (tiled inside).
  [[nodiscard]] StatusOr<Array2<float>> Probability(const PairRaster& pair) const;
  /// Sites of a probability map, as Detect draws them.
  [[nodiscard]] std::vector<FlaggedSite> SitesOf(const Array2<float>& probability) const;
  /// SHA-256 of the weights in use.
  [[nodiscard]] std::vector<std::string> model_hashes() const;

 private:
  struct Impl;
  explicit Detector(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fringewatch::detector
