#include "common/io/admission.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "common/base/parallel.h"
#include "common/io/grid_alignment.h"
#include "common/io/pair_inspection.h"
#include "common/io/sign_check.h"
#include "common/stack/network.h"

namespace fringewatch::io {
namespace {

constexpr double kMinOverlap = 0.5;        // of the common grid, for a pair to be kept
constexpr double kWavelengthMatch = 1e-3;  // relative
constexpr float kMaxMagnitude = 1.001f;
constexpr float kUnitMagnitude = 0.999f;

int Threads() { return std::min(4, HardwareThreads()); }

// The grid that most of the pairs are on; the first of those on a tie.
const Grid* CommonGrid(const std::vector<InspectedPair>& pairs) {
  std::map<std::string, int> votes;
  const Grid* best = nullptr;
  int best_votes = 0;
  for (const InspectedPair& pair : pairs) {
    if (pair.status.ok()) ++votes[Describe(pair.layers.phase.info.grid)];
  }
  for (const InspectedPair& pair : pairs) {
    if (!pair.status.ok()) continue;
    const Grid& grid = pair.layers.phase.info.grid;
    if (const int count = votes[Describe(grid)]; count > best_votes) {
      best = &grid;
      best_votes = count;
    }
  }
  return best;
}

// Sets the layer's offsets; shrinks `frame` to what it covers.
Status AlignLayer(const Grid& common, Layer& layer, Window& frame) {
  const auto shift = ShiftBetween(common, layer.info.grid);
  if (!shift) {
    return Error(Fault::kGridMismatch,
                 "{}: its grid ({}) does not fit the common grid ({}) by a shift of whole pixels; resample it",
                 layer.source.path, Describe(layer.info.grid), Describe(common));
  }
  const Window covered = Covered(common, layer.info.grid, *shift);
  if (static_cast<double>(covered.pixels()) < kMinOverlap * static_cast<double>(common.frame().pixels())) {
    return Error(Fault::kGridMismatch, "{}: its grid ({}) covers less than half of the common grid ({})",
                 layer.source.path, Describe(layer.info.grid), Describe(common));
  }
  layer.row_offset = shift->rows;
  layer.col_offset = shift->cols;
  frame = Intersect(frame, covered);
  return {};
}

void AlignPairs(const Grid& common, std::vector<InspectedPair>& pairs) {
  for (InspectedPair& pair : pairs) {
    if (!pair.status.ok()) continue;
    Window covered = common.frame();
    pair.status = AlignLayer(common, pair.layers.phase, covered);
    if (pair.status.ok() && pair.layers.coherence) pair.status = AlignLayer(common, *pair.layers.coherence, covered);
    pair.covered = covered;
  }
}

void CheckWavelengths(Listing& listing, const StackSource& source, std::vector<InspectedPair>& pairs) {
  for (InspectedPair& pair : pairs) {
    if (!pair.status.ok() || !pair.wavelength_m) continue;
    if (!listing.wavelength_m) {
      listing.wavelength_m = pair.wavelength_m;
      listing.wavelength_source = "metadata";
    }
    if (source.wavelength_m || std::abs(*pair.wavelength_m / *listing.wavelength_m - 1.0) < kWavelengthMatch) continue;
    pair.status = Error(Fault::kInputRejected, "{}: its wavelength of {} m is not the stack's {} m",
                        pair.layers.phase.source.path, *pair.wavelength_m, *listing.wavelength_m);
  }
}

// One of each pair: in the right order, wrapped, of the highest version, last by name.
void KeepBest(std::vector<InspectedPair>& pairs) {
  const auto rank = [](const InspectedPair& p) {
    return std::tuple(!p.turned, !p.candidate->unwrapped, p.candidate->version, p.candidate->name);
  };
  std::map<std::string, InspectedPair*> kept;
  for (InspectedPair& pair : pairs) {
    if (!pair.status.ok()) continue;
    InspectedPair*& best = kept[pair.pair.Key()];
    if (best == nullptr || rank(*best) < rank(pair)) best = &pair;
  }
  for (InspectedPair& pair : pairs) {
    const InspectedPair* best = pair.status.ok() ? kept[pair.pair.Key()] : &pair;
    if (best != &pair) pair.superseded_by = best->layers.phase.source.path;
  }
}

std::vector<InspectedPair*> Usable(std::vector<InspectedPair>& pairs) {
  std::vector<InspectedPair*> usable;
  for (InspectedPair& pair : pairs) {
    if (pair.status.ok() && pair.superseded_by.empty()) usable.push_back(&pair);
  }
  std::sort(usable.begin(), usable.end(), [](const InspectedPair* a, const InspectedPair* b) {
    return std::tie(a->pair.date1, a->pair.date2) < std::tie(b->pair.date1, b->pair.date2);
  });
  return usable;
}

std::vector<std::complex<float>> SignSamples(const DatasetPool& pool, const PairLayers& layers, const Window& frame) {
  std::vector<std::complex<float>> samples;
  for (Window window : SampleWindows(frame.rows, frame.cols)) {
    window.row0 += frame.row0;
    window.col0 += frame.col0;
    const StatusOr<PairRaster> raster = ReadPairLayers(pool, layers, window);
    for (long p = 0; p < window.pixels(); ++p) {
      const float phase = raster.ok() ? raster->phase_rad.values[static_cast<size_t>(p)] : kMissing;
      samples.push_back(std::isnan(phase) ? std::complex<float>() : std::polar(1.0f, phase));
    }
  }
  return samples;
}

void CheckSigns(Listing& listing, const DatasetPool& pool, const std::vector<InspectedPair*>& usable,
                const Window& frame) {
  std::vector<Pair> pairs;
  for (const InspectedPair* pair : usable) pairs.push_back(pair->pair);
  const Network network = BuildNetwork(pairs);
  if (network.triplets.empty()) {
    listing.notes.push_back("no three pairs close a triangle: the signs could not be checked");
    return;
  }
  std::vector<std::vector<std::complex<float>>> samples(usable.size());
  ParallelFor(static_cast<int>(usable.size()), Threads(), [&](int i) {
    samples[static_cast<size_t>(i)] = SignSamples(pool, usable[static_cast<size_t>(i)]->layers, frame);
  });
  const std::vector<SignVote> votes = CheckSignsByClosure(network, samples);
  for (size_t i = 0; i < usable.size(); ++i) {
    const SignVote& vote = votes[i];
    if (vote.opposing <= vote.agreeing) continue;
    const std::string finding = fmt::format("{}: {} of its triplets close only with its sign turned, {} as it is",
                                            usable[i]->layers.phase.source.path, vote.opposing, vote.agreeing);
    if (vote.opposing >= 2 && vote.agreeing == 0) {
      usable[i]->status = Error(Fault::kSignContradiction, "{}; process it again or remove it", finding);
    } else {
      listing.notes.push_back(finding);
    }
  }
}

// Coherence for all pairs or for none; the magnitude of complex pairs where it can only be coherence.
bool SettleCoherence(Listing& listing, const std::vector<InspectedPair*>& usable) {
  const auto all = [&](auto&& has) { return std::all_of(usable.begin(), usable.end(), has); };
  if (all([](const InspectedPair* p) { return p->layers.coherence.has_value(); })) return true;
  const bool magnitude = listing.magnitude_may_be_coherence && all([](const InspectedPair* p) {
                           return p->layers.phase.info.is_complex && p->largest_magnitude <= kMaxMagnitude;
                         }) &&
                         !all([](const InspectedPair* p) { return p->smallest_magnitude >= kUnitMagnitude; });
  for (InspectedPair* pair : usable) {
    pair->layers.coherence.reset();
    pair->layers.magnitude_is_coherence = magnitude;
  }
  listing.notes.push_back(magnitude ? "the magnitude of the complex interferograms is taken as coherence"
                                    : "no coherence: it is estimated from the phase");
  return magnitude;
}

std::optional<Layer> AdmitHeight(Listing& listing, const StackSource& source, const SourceRules& rules,
                                 const DatasetPool& pool, const Grid& common, const Window& frame) {
  std::optional<RasterSource> height = listing.height;
  if (!source.height_path.empty()) height = RasterSource{source.height_path};
  if (!height) return std::nullopt;
  Layer layer{*height, {}, 0, 0};
  const auto admit = [&]() -> Status {
    FW_ASSIGN_OR_RETURN(layer.info, Inspect(*height, rules));
    Window covered = common.frame();
    FW_RETURN_IF_ERROR(AlignLayer(common, layer, covered));
    return CheckAnyValid(pool, layer, false);
  };
  if (const Status status = admit(); !status.ok()) {
    listing.Reject(height->path, "height", status);
    listing.notes.push_back("heights are not used: " + MessageOf(status));
    return std::nullopt;
  }
  layer.row_offset += frame.row0;
  layer.col_offset += frame.col0;
  listing.Accept(height->path, "height");
  return layer;
}

void RecordVerdicts(Listing& listing, const std::vector<InspectedPair>& pairs) {
  for (const InspectedPair& pair : pairs) {
    using Verdict = InputRecord::Verdict;
    const bool superseded = pair.status.ok() && !pair.superseded_by.empty();
    const Verdict verdict = superseded         ? Verdict::kSuperseded
                            : pair.status.ok() ? Verdict::kAccepted
                                               : Verdict::kRejected;
    std::string reason = pair.status.ok() ? fmt::format("{}", fmt::join(pair.remarks, "; ")) : MessageOf(pair.status);
    if (superseded) reason = "the same pair is taken from " + pair.superseded_by;
    listing.records.push_back({pair.candidate->phase.path, "phase", verdict, reason});
    if (!pair.candidate->coherence) continue;
    const bool unused = verdict == Verdict::kAccepted && !pair.layers.coherence;
    if (verdict == Verdict::kAccepted) reason = unused ? "not used: other pairs of the stack have none" : "";
    listing.records.push_back(
        {pair.candidate->coherence->path, "coherence", unused ? Verdict::kSuperseded : verdict, reason});
  }
}

void NoteConversions(Listing& listing, const std::vector<InspectedPair*>& usable, const Grid& common,
                     const Window& frame) {
  const auto count = [&](auto&& test) { return std::count_if(usable.begin(), usable.end(), test); };
  if (const auto n = count([](const InspectedPair* p) { return p->turned; }); n > 0) {
    listing.notes.push_back(fmt::format("{} pairs are named newer date first: their sign is turned", n));
  }
  if (const auto n = count([](const InspectedPair* p) { return p->candidate->unwrapped; }); n > 0) {
    listing.notes.push_back(
        fmt::format("{} of {} pairs hold unwrapped phase, which is wrapped again", n, usable.size()));
  }
  const auto shifted = count([&](const InspectedPair* p) {
    return Describe(p->layers.phase.info.grid) != Describe(common) ||
           (p->layers.coherence && Describe(p->layers.coherence->info.grid) != Describe(common));
  });
  if (shifted > 0) {
    listing.notes.push_back(
        fmt::format("{} pairs lie on grids shifted by whole pixels: all are cut to the common {} x {} px", shifted,
                    frame.cols, frame.rows));
  }
}

}  // namespace

Admitted Admit(Listing& listing, const StackSource& source, const SourceRules& rules) {
  const DatasetPool pool(rules);
  std::vector<InspectedPair> pairs(listing.candidates.size());
  ParallelFor(static_cast<int>(pairs.size()), Threads(), [&](int i) {
    const size_t p = static_cast<size_t>(i);
    pairs[p] = InspectPair(rules, pool, listing.candidates[p], source.flip_sign);
  });
  Admitted admitted;
  if (const Grid* grid = CommonGrid(pairs); grid != nullptr) {
    const Grid common = *grid;
    AlignPairs(common, pairs);
    CheckWavelengths(listing, source, pairs);
    KeepBest(pairs);
    Window frame = common.frame();
    for (const InspectedPair* pair : Usable(pairs)) frame = Intersect(frame, pair->covered);
    for (InspectedPair* pair : Usable(pairs)) {
      if (frame.empty())
        pair->status = Error(Fault::kGridMismatch, "{}: the pairs have no area in common", pair->candidate->name);
    }
    CheckSigns(listing, pool, Usable(pairs), frame);
    const std::vector<InspectedPair*> usable = Usable(pairs);
    if (!usable.empty()) {
      admitted.grid = SubGrid(common, frame);
      admitted.has_coherence = SettleCoherence(listing, usable);
      NoteConversions(listing, usable, common, frame);
      admitted.height = AdmitHeight(listing, source, rules, pool, common, frame);
    }
    for (const InspectedPair* pair : usable) {
      PairLayers layers = pair->layers;
      for (Layer* layer : {&layers.phase, layers.coherence ? &*layers.coherence : nullptr}) {
        if (layer == nullptr) continue;
        layer->row_offset += frame.row0;
        layer->col_offset += frame.col0;
      }
      admitted.pairs.push_back(pair->pair);
      admitted.layers.push_back(std::move(layers));
      admitted.rewrapped = admitted.rewrapped || pair->candidate->unwrapped;
    }
  }
  RecordVerdicts(listing, pairs);
  return admitted;
}

}  // namespace fringewatch::io
