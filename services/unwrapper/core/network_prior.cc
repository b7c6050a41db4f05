#include "services/unwrapper/core/network_prior.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "common/base/parallel.h"
#include "common/nn/packing.h"
#include "common/nn/thread_limit.h"
#include "common/raster/tiling.h"
#include "services/unwrapper/core/median.h"

namespace fringewatch::unwrapper {
namespace {

constexpr int kTileCore_px = 192,
              kTileHalo_px = 32;  ///< the halo holds what the network sees and the largest bowls' rims

/// Median of prediction - unwrapped over the valid pixels; 0 where there are none.
float OffsetOf(const Array2<float>& prediction, const Array2<float>& unwrapped) {
  std::vector<float> difference;
  for (size_t i = 0; i < prediction.size(); ++i) {
    const float d = prediction.values[i] - unwrapped.values[i];
    if (!std::isnan(d)) difference.push_back(d);
  }
  if (difference.empty()) return 0.0F;
  return MedianOf(difference);
}

}  // namespace

Array3<float> PredictPatch(PuNet& net, const nn::Device& device, const std::vector<PairRaster>& pairs,
                           const NetworkUse& use) {
  const int count = static_cast<int>(pairs.size());
  if (count == 0) return {};
  const int rows = pairs[0].phase_rad.rows, cols = pairs[0].phase_rad.cols, multiple = net->shape().Multiple();
  const long height = nn::RoundUp(rows, multiple), width = nn::RoundUp(cols, multiple);
  const int fitting = static_cast<int>(std::clamp<long>(use.batch_px / (height * width), 1, count));
  const int per_call = device.device.is_cuda() ? fitting : 1;
  const int at_once = device.device.is_cuda() ? 1 : std::min(fitting, use.threads);
  Array3<float> prediction(count, rows, cols);
  const nn::OneThreadPerCall one_thread;
  ParallelFor((count + per_call - 1) / per_call, at_once, [&](int call) {
    const torch::InferenceMode inference;
    const auto start = std::chrono::steady_clock::now();
    const int first = call * per_call, last = std::min(count, first + per_call);
    torch::Tensor batch = torch::zeros({last - first, nn::kPairChannels, height, width});
    for (int p = first; p < last; ++p) nn::PackPairInto(pairs[p], batch[p - first]);
    const torch::Tensor answer = net->forward(nn::ToDevice(batch, device)).select(1, 0);
    for (int p = first; p < last; ++p) {
      const Array2<float> plane = nn::ToArray(answer[p - first], rows, cols);
      std::copy(plane.values.begin(), plane.values.end(), prediction.plane(p).begin());
    }
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    if (use.on_call) use.on_call({kPuNetName, last - first, elapsed.count()});
  });
  return prediction;
}

Array2<float> PredictLarge(PuNet& net, const nn::Device& device, const PairRaster& pair,
                           const Array2<float>& unwrapped_rad, const NetworkUse& use) {
  Array2<float> prediction(pair.phase_rad.rows, pair.phase_rad.cols);
  for (const Tile& tile : PlanTiles(prediction.rows, prediction.cols, kTileCore_px, kTileHalo_px)) {
    const std::vector<PairRaster> cut = {{Crop(pair.phase_rad, tile.padded), Crop(pair.coherence, tile.padded)}};
    const Array3<float> answer = PredictPatch(net, device, cut, use);
    Array2<float> padded(answer.rows, answer.cols);
    padded.values = answer.values;
    Array2<float> part = Crop(padded, Within(tile.core, tile.padded));
    const float offset = OffsetOf(part, Crop(unwrapped_rad, tile.core));
    for (float& phase : part.values) phase -= offset;
    Paste(part, tile.core.row0, tile.core.col0, prediction);
  }
  return prediction;
}

}  // namespace fringewatch::unwrapper
