#include "common/nn/packing.h"

#include <cmath>
#include <vector>

#include "common/raster/phasors.h"

namespace fringewatch::nn {

void PackPairInto(const PairRaster& pair, torch::Tensor slot) {
  const long height = slot.size(1), width = slot.size(2);
  const int rows = pair.phase_rad.rows, cols = pair.phase_rad.cols;
  TORCH_CHECK(slot.is_contiguous() && slot.scalar_type() == torch::kFloat32 && height >= rows && width >= cols);
  TORCH_CHECK(pair.coherence.rows == rows && pair.coherence.cols == cols, "a pair needs its coherence");
  if (height > rows || width > cols) slot.zero_();
  float* cosine = slot.data_ptr<float>();
  float* sine = cosine + height * width;
  float* coherence = sine + height * width;
  std::vector<float> present(cols);
  for (int r = 0; r < rows; ++r) {
    const float *phase = &pair.phase_rad(r, 0), *gamma = &pair.coherence(r, 0);
    for (int c = 0; c < cols; ++c) present[c] = std::isnan(gamma[c]) ? kMissing : 1.0F;
    const long at = r * width;
    Phasors(phase, present.data(), cols, cosine + at, sine + at);
    for (int c = 0; c < cols; ++c) coherence[at + c] = std::isnan(phase[c]) || std::isnan(gamma[c]) ? 0.0F : gamma[c];
  }
}

torch::Tensor PackPair(const PairRaster& pair, int multiple) {
  torch::Tensor batch =
      torch::empty({1, kPairChannels, RoundUp(pair.phase_rad.rows, multiple), RoundUp(pair.phase_rad.cols, multiple)});
  PackPairInto(pair, batch[0]);
  return batch;
}

torch::Tensor ToDevice(const torch::Tensor& batch, const Device& device) {
  return batch.to(device.device, device.precision);
}

Array2<float> ToArray(const torch::Tensor& plane, int rows, int cols) {
  const torch::Tensor part = plane.slice(0, 0, rows).slice(1, 0, cols).to(torch::kCPU, torch::kFloat32).contiguous();
  Array2<float> raster(rows, cols);
  std::copy_n(part.data_ptr<float>(), raster.size(), raster.values.begin());
  return raster;
}

torch::Tensor ToTensor(const Array2<float>& raster) {
  torch::Tensor tensor = torch::empty({raster.rows, raster.cols});
  std::copy(raster.values.begin(), raster.values.end(), tensor.data_ptr<float>());
  return tensor;
}

}  // namespace fringewatch::nn
