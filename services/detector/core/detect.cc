#include "services/detector/core/detect.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "common/base/parallel.h"
#include "common/nn/failure.h"
#include "common/nn/model_file.h"
#include "common/nn/packing.h"
#include "common/nn/thread_limit.h"
#include "services/detector/core/ddnet.h"
#include "services/detector/core/mask.h"
#include "services/detector/core/pair_stream.h"
#include "services/detector/core/sites.h"
#include "services/detector/core/stack_evidence.h"
#include "services/detector/core/tiled_forward.h"

namespace fringewatch::detector {
namespace {

constexpr int kMaxBatch = 64;                 ///< pairs in one call of a device: more are no faster
constexpr float kSignificantGradient = 3.0F;  ///< mean over a site from which the gradient stack is a witness of it

/// `window` grown to whole cells of the networks' coarsest grid, counted from the frame's corner: each network then
/// sees a pixel at the same place of its grid whatever the tile.
Window AlignToGrid(const Window& window, int cell_px, const Window& frame) {
  const int row0 = window.row0 / cell_px * cell_px, col0 = window.col0 / cell_px * cell_px;
  const int row1 = nn::RoundUp(window.row1(), cell_px), col1 = nn::RoundUp(window.col1(), cell_px);
  return Intersect({row0, col0, row1 - row0, col1 - col0}, frame);
}

long CountPresent(const PairRaster& raster, const Window& window) {
  long present = 0;
  for (int row = window.row0; row < window.row1(); ++row) {
    const float* phase = &raster.phase_rad(row, window.col0);
    present += std::count_if(phase, phase + window.cols, [](float value) { return !std::isnan(value); });
  }
  return present;
}

/// Logits of StackNet, at half resolution, to probabilities of rows x cols pixels, bilinear.
Array2<float> FullResolution(const torch::Tensor& logits_half, int rows, int cols) {
  const torch::Tensor probability = torch::sigmoid(logits_half).unsqueeze(0).unsqueeze(0);
  const torch::Tensor full =
      torch::upsample_bilinear2d(probability, {2 * logits_half.size(0), 2 * logits_half.size(1)}, false);
  return nn::ToArray(full[0][0], rows, cols);
}

/// Pixels of the half-resolution grid that a site covers.
std::vector<int> HalfPlaces(const std::vector<int>& pixels, int cols, int half_cols) {
  std::vector<int> places;
  places.reserve(pixels.size());
  for (const int pixel : pixels) places.push_back(pixel / cols / 2 * half_cols + pixel % cols / 2);
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  return places;
}

/// Who saw it: single pairs, the gradient stack, or both. A site that neither shows by itself was found in the sum
/// over the stack, as a gradient is.
std::string KindOf(const std::vector<int>& voting_pairs, const GradientStack& gradients,
                   const std::vector<int>& pixels) {
  double significance = 0.0;
  for (const int pixel : pixels) {
    significance += gradients.At(pixel / gradients.cols(), pixel % gradients.cols()).Significance();
  }
  const bool steep = significance > kSignificantGradient * static_cast<double>(pixels.size());
  if (voting_pairs.empty()) return "gradient";
  return steep ? "both" : "fringes";
}

Status StatusOfException(const std::exception& failure) {
  return nn::StatusOfException(failure, "detection", "use smaller tiles or fewer workers");
}

}  // namespace

struct Detector::Impl {
  nn::Device device;
  DetectOptions options;
  DdNet ddnet = MakeDdNet();
  StackNet stack_net = MakeStackNet();
  std::vector<std::string> hashes;

  [[nodiscard]] SiteRule RuleFor(double threshold, double outline_threshold) const {
    return {threshold, std::min(threshold, outline_threshold), options.min_area_px};
  }
  Status LoadNet(const std::string& dir, const char* name, nn::MultiScaleNet& net) {
    FW_ASSIGN_OR_RETURN(const nn::ModelCard card, nn::LoadModel(dir, name, net->shape().ToString(), *net));
    nn::PrepareForInference(*net, device);
    hashes.push_back(card.sha256);
    return Status();
  }
  /// Logits (N, h, w) of a batch, on the CPU. Thread-safe.
  torch::Tensor Show(const char* name, nn::MultiScaleNet& net, const torch::Tensor& batch) {
    const auto start = std::chrono::steady_clock::now();
    torch::Tensor logits = ForwardTiled(net, batch, device);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    if (options.on_call) options.on_call({name, static_cast<int>(batch.size(0)), elapsed.count()});
    return logits;
  }
  /// All pairs of a window, in order, with at most `batch_px` pixels in the networks at once.
  std::unique_ptr<PairStream> Stream(const StackReader& stack, const Window& window, int batch_px) {
    const auto read = [&stack, window](int pair) -> StatusOr<UsablePair> {
      UsablePair usable;
      FW_ASSIGN_OR_RETURN(usable.raster, ReadPairWithCoherence(stack, pair, window));
      if (MaskUnusable(usable.raster) > 0) usable.packed = nn::PackPair(usable.raster, 1)[0];
      return usable;
    };
    const auto look = [this](const torch::Tensor& batch) { return Show(kDdNetName, ddnet, batch); };
    const int pairs = static_cast<int>(stack.track().pairs.size());
    const int threads = options.threads > 0 ? options.threads : HardwareThreads();
    const long fitting = std::max(1L, batch_px / window.pixels());
    if (!device.device.is_cuda()) {
      return LookOnThreads(pairs, static_cast<int>(std::min<long>(fitting, threads)), read, look);
    }
    const int batch = static_cast<int>(std::min<long>(fitting, kMaxBatch));
    return LookInBatches(pairs, batch, std::min(threads, 2 * batch), read, look);
  }
  /// Adds all pairs to the evidence; returns how many pixels of the core had data, over all pairs.
  StatusOr<long> AddPairs(PairStream& stream, int pairs, const Window& core, StackEvidence& evidence) {
    long scanned_px = 0;
    for (int pair = 0; pair < pairs; ++pair) {
      FW_ASSIGN_OR_RETURN(const SeenPair seen, stream.Next());
      if (!seen.logits.defined()) continue;
      evidence.Add(pair, seen.logits, seen.raster);
      scanned_px += CountPresent(seen.raster, core);
    }
    return scanned_px;
  }
  /// Evidence of the window, NaN where no pair has data.
  [[nodiscard]] Array2<float> EvidenceMap(const StackEvidence& evidence) {
    const Array2<uint8_t>& seen = evidence.seen();
    const torch::Tensor logits = Show(kStackNetName, stack_net, evidence.Features().unsqueeze(0))[0];
    Array2<float> map = FullResolution(logits, seen.rows, seen.cols);
    for (size_t i = 0; i < map.size(); ++i) {
      if (!seen.values[i]) map.values[i] = kMissing;
    }
    return map;
  }
  StatusOr<TileDetections> Detect(const StackReader& stack, const Tile& tile, double threshold, int batch_px) {
    const Window window = AlignToGrid(tile.padded, ddnet->shape().Multiple(), stack.track().grid.frame());
    const Window core = Within(tile.core, window);
    const int pairs = static_cast<int>(stack.track().pairs.size());
    StackEvidence evidence(BuildNetwork(stack.track().pairs), window.rows, window.cols);
    TileDetections found;
    FW_ASSIGN_OR_RETURN(found.pixels_scanned, AddPairs(*Stream(stack, window, batch_px), pairs, core, evidence));
    found.pixels_read = window.pixels() * pairs;
    const Array2<float> map = EvidenceMap(evidence);
    for (DrawnSite& drawn : DrawSites(map, RuleFor(threshold, options.outline_threshold))) {
      if (!core.Contains(drawn.site.peak_row, drawn.site.peak_col)) continue;
      drawn.site.voting_pairs = evidence.VotingPairs(HalfPlaces(drawn.pixels, map.cols, evidence.half_cols()));
      drawn.site.kind = KindOf(drawn.site.voting_pairs, evidence.gradients(), drawn.pixels);
      Shift(drawn.site, window.row0, window.col0);
      found.sites.push_back(std::move(drawn.site));
    }
    found.evidence = Crop(map, core);
    return found;
  }
  /// Out of memory: once more with half the pairs at once, which does not change the answer.
  StatusOr<TileDetections> DetectWithinMemory(const StackReader& stack, const Tile& tile, double threshold) {
    try {
      return Detect(stack, tile, threshold, options.batch_px);
    } catch (const std::exception& failure) {
      if (!nn::IsOutOfMemory(failure)) throw;
    }
    for (nn::MultiScaleNet* net : {&ddnet, &stack_net}) (*net)->FreeScratch();
    FW_ASSIGN_OR_RETURN(TileDetections found, Detect(stack, tile, threshold, options.batch_px / 2));
    found.batch_halved = true;
    return found;
  }
};

Detector::Detector(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Detector::~Detector() = default;

StatusOr<std::unique_ptr<Detector>> Detector::Load(const std::string& model_dir, const nn::Device& device,
                                                   const DetectOptions& options) {
  try {
    auto impl = std::make_unique<Impl>();
    impl->device = device;
    impl->options = options;
    const std::array nets = {&impl->ddnet, &impl->stack_net};
    for (size_t i = 0; i < nets.size(); ++i) {
      FW_RETURN_IF_ERROR(impl->LoadNet(model_dir, nn::kDetectorNetworks[i], *nets[i]));
    }
    return std::unique_ptr<Detector>(new Detector(std::move(impl)));
  } catch (const std::exception& failure) {
    return StatusOfException(failure);
  }
}

Status Detector::WarmUp() const {
  try {
    const c10::InferenceMode inference;
    const nn::OneThreadPerCall one_thread;
    const int edge = impl_->ddnet->shape().Multiple();
    for (nn::MultiScaleNet* net : {&impl_->ddnet, &impl_->stack_net}) {
      (void)ForwardTiled(*net, torch::zeros({1, (*net)->shape().in_channels, 2 * edge, 2 * edge}), impl_->device);
    }
    return {};
  } catch (const std::exception& failure) {
    return StatusOfException(failure);
  }
}

StatusOr<TileDetections> Detector::Detect(const StackReader& stack, const Tile& tile, double threshold) const {
  try {
    const c10::InferenceMode inference;
    const nn::OneThreadPerCall one_thread;
    return impl_->DetectWithinMemory(stack, tile, threshold);
  } catch (const std::exception& failure) {
    return StatusOfException(failure);
  }
}

StatusOr<Array2<float>> Detector::Probability(const PairRaster& pair) const {
  try {
    const c10::InferenceMode inference;
    const nn::OneThreadPerCall one_thread;
    PairRaster usable = pair;
    EstimateMissingCoherence(usable);
    if (MaskUnusable(usable) == 0) return Array2<float>(pair.phase_rad.rows, pair.phase_rad.cols, kMissing);
    const torch::Tensor logits = impl_->Show(kDdNetName, impl_->ddnet, nn::PackPair(usable, 1))[0];
    Array2<float> probability = nn::ToArray(torch::sigmoid(logits), pair.phase_rad.rows, pair.phase_rad.cols);
    for (size_t i = 0; i < probability.size(); ++i) {
      if (std::isnan(usable.phase_rad.values[i])) probability.values[i] = kMissing;
    }
    return probability;
  } catch (const std::exception& failure) {
    return StatusOfException(failure);
  }
}

std::vector<FlaggedSite> Detector::SitesOf(const Array2<float>& probability, double threshold) const {
  std::vector<FlaggedSite> sites;
  for (DrawnSite& drawn : DrawSites(probability, impl_->RuleFor(threshold, impl_->options.pair_outline_threshold))) {
    drawn.site.kind = "fringes";
    sites.push_back(std::move(drawn.site));
  }
  return sites;
}

std::vector<std::string> Detector::model_hashes() const { return impl_->hashes; }

}  // namespace fringewatch::detector
