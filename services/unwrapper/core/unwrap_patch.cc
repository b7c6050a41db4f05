#include "services/unwrapper/core/unwrap_patch.h"

#include <algorithm>
#include <cmath>

#include "common/base/parallel.h"
#include "common/nn/failure.h"
#include "common/nn/model_file.h"
#include "services/unwrapper/core/atmosphere.h"
#include "services/unwrapper/core/closure.h"
#include "services/unwrapper/core/connected.h"
#include "services/unwrapper/core/network_prior.h"
#include "services/unwrapper/core/noise_mask.h"
#include "services/unwrapper/core/pool_neighbours.h"
#include "services/unwrapper/core/reference.h"
#include "services/unwrapper/core/sbas.h"
#include "services/unwrapper/core/smooth.h"
#include "services/unwrapper/core/turbulence.h"
#include "services/unwrapper/core/unwrap_pair.h"
#include "services/unwrapper/core/unwrap_stack.h"
#include "services/unwrapper/core/velocity.h"

namespace fringewatch::unwrapper {
namespace {

constexpr double kAssumedLooks = 10.0;
constexpr float kTemporalCoherenceLow = 0.7F;  ///< Pepe and Lanari 2006 keep what lies above

/// What was read of a patch.
struct Patch {
  Window window;
  std::vector<PairRaster> pairs;
  Array2<float> height_m;   ///< empty when the track has none
  Array3<float> coherence;  ///< (pair, row, col)
  Array2<float> mean_coherence;
  long valid_px = 0;  ///< pixels x pairs with data
};

void Summarise(Patch& patch) {
  const int count = static_cast<int>(patch.pairs.size()), rows = patch.window.rows, cols = patch.window.cols;
  patch.coherence = Array3<float>(count, rows, cols);
  patch.mean_coherence = Array2<float>(rows, cols, kMissing);
  std::vector<int> seen(patch.mean_coherence.size());
  std::vector<double> sum(patch.mean_coherence.size());
  for (int p = 0; p < count; ++p) {
    const std::vector<float>& coherence = patch.pairs[p].coherence.values;
    std::copy(coherence.begin(), coherence.end(), patch.coherence.plane(p).begin());
    for (size_t i = 0; i < coherence.size(); ++i) {
      if (std::isnan(patch.pairs[p].phase_rad.values[i]) || std::isnan(coherence[i])) continue;
      sum[i] += coherence[i];
      ++seen[i];
      ++patch.valid_px;
    }
  }
  for (size_t i = 0; i < sum.size(); ++i) {
    if (seen[i] > 0) patch.mean_coherence.values[i] = static_cast<float>(sum[i] / seen[i]);
  }
}

StatusOr<Patch> ReadPatch(const StackReader& stack, const Window& window) {
  Patch patch;
  patch.window = window;
  for (int p = 0; p < static_cast<int>(stack.track().pairs.size()); ++p) {
    FW_ASSIGN_OR_RETURN(PairRaster pair, ReadPairWithCoherence(stack, p, window));
    patch.pairs.push_back(std::move(pair));
  }
  FW_ASSIGN_OR_RETURN(patch.height_m, stack.ReadHeight(window));
  Summarise(patch);
  if (patch.valid_px == 0) {
    return Error(Fault::kNoValidPixels,
                 "none of the {} pairs has data in rows {} to {}, columns {} to {}; remove the site or fill the gap",
                 patch.pairs.size(), window.row0, window.row1() - 1, window.col0, window.col1() - 1);
  }
  return patch;
}

/// Weights of the inversion: 1 / variance of the phase, less where the cycle is doubtful.
Array3<float> Weights(const Array3<float>& coherence, const Array3<float>& confidence) {
  Array3<float> weights = PhaseWeights(coherence, kAssumedLooks);
  for (size_t i = 0; i < weights.values.size(); ++i) {
    const float sure = confidence.values[i];
    weights.values[i] *= std::isnan(sure) ? 0.0F : std::max(0.01F, sure * sure);
  }
  return weights;
}

/// Everything that decides about the flags of a pixel.
struct Evidence {
  const Array2<uint8_t>&inside, &reference, &too_fast, &repaired;
};

Array2<uint8_t> FlagsOf(const Evidence& evidence, const SbasSeries& sbas, const Array2<float>& velocity) {
  Array2<uint8_t> flags(velocity.rows, velocity.cols);
  for (size_t i = 0; i < flags.size(); ++i) {
    unsigned bits = 0;
    const auto set = [&](bool yes, PixelFlag flag) { bits |= yes ? static_cast<unsigned>(flag) : 0U; };
    set(evidence.inside.values[i] == 0, kOutsideSite);
    set(evidence.reference.values[i] != 0, kReferenceArea);
    set(std::isnan(velocity.values[i]), kNoData);
    set(sbas.disconnected.values[i] != 0, kDisconnected);
    set(sbas.temporal_coherence.values[i] < kTemporalCoherenceLow, kLowTemporalCoherence);
    set(evidence.too_fast.values[i] != 0, kTooFast);
    set(evidence.repaired.values[i] != 0, kClosureRepaired);
    flags.values[i] = static_cast<uint8_t>(bits);
  }
  return flags;
}

/// Pixel by pixel; empty if `a` is.
Array2<float> Product(Array2<float> a, const Array2<float>& b) {
  for (size_t i = 0; i < a.size(); ++i) a.values[i] *= b.values[i];
  return a;
}

/// The patch after unwrapping: reference, closure, inversion, atmosphere, velocity.
StatusOr<SiteSeries> Invert(const Track& track, const Network& network, const FlaggedSite& site, Patch& patch,
                            StackSolution& solution, const UnwrapOptions& options, int threads) {
  const Array2<uint8_t> inside = RasteriseOutline(site.outline, patch.window);
  const ReferenceOptions rule{.min_coherence = options.min_coherence};
  Array2<uint8_t> others(patch.window.rows, patch.window.cols);
  for (const PixelRing& ring : site.neighbours) {
    const Array2<uint8_t> other = WithGuard(RasteriseOutline(ring, patch.window), RingArea(ring), rule);
    for (size_t i = 0; i < other.size(); ++i) others.values[i] |= other.values[i];
  }
  FW_ASSIGN_OR_RETURN(const ReferenceArea reference,
                      ChooseReference(network, inside, others, patch.mean_coherence, solution.phase_rad, rule));
  const ReferenceShift shift = ApplyReference(reference, patch.coherence, solution.phase_rad);
  const ClosureReport closure = RepairClosure(network, solution.phase_rad, patch.coherence, threads);
  SbasSeries sbas = InvertSbas(network, solution.phase_rad, Weights(patch.coherence, solution.confidence),
                               track.wavelength_m, threads);
  DropNoise(network, sbas);
  const AtmosphereReport atmosphere = RemoveLocalAtmosphere(sbas.displacement_m, reference, patch.height_m);
  const TurbulenceReport turbulence = RemoveTurbulence(network.days, reference, sbas.displacement_m);
  VelocityMap velocity = FitVelocity(network.days, sbas.displacement_m, sbas.displacement_std_m);
  PoolNeighbours(reference.mask, Product(turbulence.left_m2, velocity.velocity_gain), velocity.velocity_m_per_yr,
                 velocity.velocity_std_m_per_yr);
  PoolNeighbours(reference.mask, Product(turbulence.left_m2, velocity.acceleration_gain),
                 velocity.acceleration_m_per_yr2, velocity.acceleration_std_m_per_yr2);

  SiteSeries series;
  series.window = patch.window;
  series.dates = network.dates;
  series.flags =
      FlagsOf({inside, reference.mask, solution.too_fast, closure.repaired}, sbas, velocity.velocity_m_per_yr);
  series.displacement_m = std::move(sbas.displacement_m);
  series.displacement_std_m = std::move(sbas.displacement_std_m);
  series.velocity_m_per_yr = std::move(velocity.velocity_m_per_yr);
  series.velocity_std_m_per_yr = std::move(velocity.velocity_std_m_per_yr);
  series.acceleration_m_per_yr2 = std::move(velocity.acceleration_m_per_yr2);
  series.acceleration_std_m_per_yr2 = std::move(velocity.acceleration_std_m_per_yr2);
  series.temporal_coherence = std::move(sbas.temporal_coherence);
  series.mean_coherence = std::move(patch.mean_coherence);
  series.reference_pixels = reference.pixels;
  series.pixels_unwrapped = static_cast<double>(patch.valid_px);
  series.notes = reference.notes;
  for (const auto* notes : {&atmosphere.notes, &turbulence.notes}) {
    series.notes.insert(series.notes.end(), notes->begin(), notes->end());
  }
  for (const int pair : shift.dropped_pairs) {
    series.notes.push_back(
        fmt::format("pair {} has no data in the reference area and was left out", track.pairs[pair].Key()));
  }
  return series;
}

Status StatusOfException(const std::exception& failure) {
  return nn::StatusOfException(failure, "unwrapping", "use fewer workers or a smaller batch");
}

}  // namespace

struct Unwrapper::Impl {
  nn::Device device;
  UnwrapOptions options;
  mutable PuNet net;
  std::string hash;

  [[nodiscard]] int threads() const { return options.threads > 0 ? options.threads : HardwareThreads(); }
  [[nodiscard]] NetworkUse use() const { return {options.batch_px, threads(), options.on_call}; }
};

Unwrapper::Unwrapper(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Unwrapper::~Unwrapper() = default;

StatusOr<std::unique_ptr<Unwrapper>> Unwrapper::Load(const std::string& model_dir, const nn::Device& device,
                                                     const UnwrapOptions& options) {
  try {
    auto impl = std::make_unique<Impl>();
    impl->device = device;
    impl->options = options;
    FW_ASSIGN_OR_RETURN(const nn::ModelCard card,
                        nn::LoadModel(model_dir, kPuNetName, impl->net->shape().ToString(), *impl->net));
    nn::PrepareForInference(*impl->net, device);
    impl->hash = card.sha256;
    return std::unique_ptr<Unwrapper>(new Unwrapper(std::move(impl)));
  } catch (const std::exception& failure) {
    return StatusOfException(failure);
  }
}

Status Unwrapper::WarmUp() const {
  try {
    const int edge = 2 * impl_->net->shape().Multiple();
    const PairRaster blank{Array2<float>(edge, edge, kMissing), Array2<float>(edge, edge, kMissing)};
    (void)PredictPatch(impl_->net, impl_->device, {blank}, {});
    return {};
  } catch (const std::exception& failure) {
    return StatusOfException(failure);
  }
}

Window Unwrapper::PatchWindow(const FlaggedSite& site, const Window& frame) const {
  const double longer = std::max(site.box.rows, site.box.cols);
  const int margin =
      std::max(impl_->options.margin_min_px, static_cast<int>(std::ceil(impl_->options.margin_fraction * longer)));
  return Grow(site.box, margin, frame);
}

StatusOr<SiteSeries> Unwrapper::Unwrap(const StackReader& stack, const FlaggedSite& site) const {
  try {
    const Track& track = stack.track();
    const Network network = BuildNetwork(track.pairs);
    FW_ASSIGN_OR_RETURN(Patch patch, ReadPatch(stack, PatchWindow(site, track.grid.frame())));
    const Prophet prophet = [this](const std::vector<PairRaster>& pairs) {
      return PredictPatch(impl_->net, impl_->device, pairs, impl_->use());
    };
    StackSolution solution = UnwrapStack(network, patch.pairs, prophet, impl_->threads());
    return Invert(track, network, site, patch, solution, impl_->options, impl_->threads());
  } catch (const std::exception& failure) {
    return StatusOfException(failure);
  }
}

StatusOr<UnwrappedPair> Unwrapper::UnwrapPair(const PairRaster& pair) const {
  try {
    PairSolution solution = UnwrapWithPriors(pair, {});
    const Array2<float> told = PredictLarge(impl_->net, impl_->device, pair, solution.flow.phase_rad, impl_->use());
    if (LeavesDenseGround(pair, solution)) Reconsider(pair, told, solution);
    Array2<float> component = ConnectedComponents(pair, solution.flow);
    Array2<float> disputed_cycles = CyclesApart(solution.flow.phase_rad, told);
    Smoothed smooth = SmoothPhase(solution.flow.phase_rad, pair.coherence);
    return UnwrappedPair{std::move(solution.flow.phase_rad),
                         std::move(solution.confidence),
                         std::move(smooth.value),
                         std::move(smooth.std),
                         std::move(component),
                         std::move(disputed_cycles)};
  } catch (const std::exception& failure) {
    return StatusOfException(failure);
  }
}

std::vector<std::string> Unwrapper::model_hashes() const { return {impl_->hash}; }

}  // namespace fringewatch::unwrapper
