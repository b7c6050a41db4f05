/// The pairs of a window, read ahead and shown to DDNet, handed over in their order.
#pragma once

#include <torch/torch.h>

#include <functional>
#include <memory>

#include "common/stack/stack_reader.h"

namespace fringewatch::detector {

/// A pair that was read and is fit to be shown.
struct UsablePair {
  PairRaster raster;     ///< unusable pixels missing
  torch::Tensor packed;  ///< (3, H, W) as nn::PackPair makes it; undefined when no pixel is usable
};

/// A pair that DDNet has seen.
struct SeenPair {
  PairRaster raster;
  torch::Tensor logits;  ///< (H, W) on the CPU; undefined when no pixel is usable
};

class PairStream {
 public:
  /// Reads pair `pair`. Called on several threads at once, in inference mode.
  using Read = std::function<StatusOr<UsablePair>(int pair)>;
  /// Logits (N, H, W) of a batch (N, 3, H, W), both on the CPU. In inference mode.
  using Look = std::function<torch::Tensor(const torch::Tensor& batch)>;

  virtual ~PairStream() = default;
  /// The next pair; `pairs` times at most. The first error of Read; throws what Look throws. Over after either.
  [[nodiscard]] virtual StatusOr<SeenPair> Next() = 0;
};

/// For a processor: each pair is read and looked at on a thread of its own, `at_once` >= 1 pairs ahead of the caller.
/// `look` sees one pair per call, so that its answer does not depend on how many there are.
[[nodiscard]] std::unique_ptr<PairStream> LookOnThreads(int pairs, int at_once, PairStream::Read read,
                                                        PairStream::Look look);

/// For a device: up to `reads_ahead` >= 1 pairs are being read while the device computes; `look` sees up to `batch` >=
/// 1 pairs in one call, one call at a time, one batch ahead of the caller.
[[nodiscard]] std::unique_ptr<PairStream> LookInBatches(int pairs, int batch, int reads_ahead, PairStream::Read read,
                                                        PairStream::Look look);

}  // namespace fringewatch::detector
