/// Everything done to one flagged patch: from wrapped pairs to a deformation series. The whole data flow:
///
///   read every pair of the patch -> PUNet (batched over pairs) -> congruent unwrapping of each pair
///     -> local reference -> closure repair -> SBAS inversion -> noise taken out -> local ramp, height-correlated delay
///     and turbulence
///     -> velocity, acceleration, their sigmas, what neighbours share of them -> temporal coherence, flags
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/nn/device.h"
#include "common/nn/network_call.h"
#include "common/stack/site.h"
#include "common/stack/stack_reader.h"

namespace fringewatch::unwrapper {

struct UnwrapOptions {
  int margin_min_px = 16;        ///< ring around the site's box, for the local reference
  double margin_fraction = 0.5;  ///< of the box's longer side, where that is more
  double min_coherence = 0.32;   ///< pixels below do not enter the reference; above what 10 looks make of no coherence
  int batch_px = 1 << 20;        ///< pixels x pairs per network call, at most
  int threads = 0;               ///< 0 = all. Does not change the answer
  nn::CallObserver on_call;
};

/// An unwrapped interferogram.
struct UnwrappedPair {
  Array2<float> phase_rad;        ///< congruent with the input: Wrap(phase) == input within 1e-4 rad; NaN = missing
  Array2<float> confidence;       ///< 0 to 1: probability that the cycle is right
  Array2<float> smooth_rad;       ///< phase_rad with its noise taken out: see SmoothPhase
  Array2<float> std_rad;          ///< one standard deviation of smooth_rad, if the cycle is right
  Array2<float> component;        ///< see ConnectedComponents
  Array2<float> disputed_cycles;  ///< by which PUNet, the other unwrapper, differs: see CyclesApart
};

/// PUNet and the solvers behind one door. Thread-safe.
class Unwrapper {
 public:
  /// \error kModelRefused as Detector::Load.
  [[nodiscard]] static StatusOr<std::unique_ptr<Unwrapper>> Load(const std::string& model_dir, const nn::Device& device,
                                                                 const UnwrapOptions& options);
  ~Unwrapper();
  /// Calls the network once, so that the first patch is as fast as the others. \error kOutOfMemory, kInternal.
  [[nodiscard]] Status WarmUp() const;
  /// The window of a patch: the site's box with its margin, cut to the frame.
  [[nodiscard]] Window PatchWindow(const FlaggedSite& site, const Window& frame) const;
  /// Errors of StackReader; kNoValidPixels when no pair has data; kReferenceMasked when no coherent ground is left
  /// around the site.
  [[nodiscard]] StatusOr<SiteSeries> Unwrap(const StackReader& stack, const FlaggedSite& site) const;
  /// One interferogram of any size (tiled inside, tiles joined by whole cycles).
  [[nodiscard]] StatusOr<UnwrappedPair> UnwrapPair(const PairRaster& pair) const;
  /// SHA-256 of the weights in use: nn::UnwrapperModelHashes of the folder.
  [[nodiscard]] std::vector<std::string> model_hashes() const;

 private:
  struct Impl;
  explicit Unwrapper(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fringewatch::unwrapper
