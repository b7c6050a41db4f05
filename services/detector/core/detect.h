/// Detection on one tile of a stack: from wrapped pairs to flagged sites. The whole data flow of the stage:
///
///   read every pair of the tile's padded window (some ahead)
///     -> usable-pixel mask -> DDNet -> running evidence over the stack
///                          -> running gradient stack
///   gradient stack -> slow-mover head
///   both -> evidence map -> sites whose peak lies in the tile's core
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/nn/device.h"
#include "common/nn/network_call.h"
#include "common/raster/tiling.h"
#include "common/stack/site.h"
#include "common/stack/stack_reader.h"

namespace fringewatch::detector {

struct DetectOptions {
  double outline_threshold = 0.5;        ///< evidence over the stack that outlines follow
  double pair_outline_threshold = 0.15;  ///< probability in a single pair that outlines follow
  int min_area_px = 12;
  /// Pixels x pairs in the networks at once, at most: bounds memory. Does not change the answer of a CPU; a device may
  /// round differently with batches of another size.
  int batch_px = 4 << 20;
  int threads = 0;  ///< pairs read (on a CPU: and looked at) at once, at most; 0 = as many as processors
  nn::CallObserver on_call;
};

/// Evidence and sites of one tile.
struct TileDetections {
  std::vector<FlaggedSite> sites;  ///< frame coordinates, peak inside tile.core, strongest first
  Array2<float> evidence;          ///< of tile.core, 0 to 1; NaN where no pair has data
  long pixels_scanned = 0;         ///< pixels x pairs with data, of tile.core
  long pixels_read = 0;            ///< pixels x pairs, with the halo
  bool batch_halved = false;       ///< memory ran out with options.batch_px and sufficed with half of it
};

/// The networks of the stage, loaded once and shared by all tiles and runs. Thread-safe.
class Detector {
 public:
  /// Loads DDNet and the slow-mover head from `model_dir` (nn::LoadModel checks the hashes).
  /// \error kModelRefused with the file, the two hashes and the remedy.
  [[nodiscard]] static StatusOr<std::unique_ptr<Detector>> Load(const std::string& model_dir, const nn::Device& device,
                                                                const DetectOptions& options);
  ~Detector();
  /// Calls each network once, so that the first tile is as fast as the others. \error kOutOfMemory, kInternal.
  [[nodiscard]] Status WarmUp() const;
  /// `threshold`: evidence that a site's peak must reach, 0 to 1. Same answer whatever the tiling as long as the halo
  /// holds the receptive field and the largest site. When memory runs out, half the batch is tried once.
  /// Errors of StackReader; kOutOfMemory.
  [[nodiscard]] StatusOr<TileDetections> Detect(const StackReader& stack, const Tile& tile, double threshold) const;
  /// Probability that each pixel of one interferogram moves, 0 to 1; NaN = missing. Any size (tiled inside).
  [[nodiscard]] StatusOr<Array2<float>> Probability(const PairRaster& pair) const;
  /// Sites of the probability map of one pair.
  [[nodiscard]] std::vector<FlaggedSite> SitesOf(const Array2<float>& probability, double threshold) const;
  /// SHA-256 of the weights in use: nn::DetectorModelHashes of the folder.
  [[nodiscard]] std::vector<std::string> model_hashes() const;

 private:
  struct Impl;
  explicit Detector(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fringewatch::detector
