#include "services/unwrapper/core/closure.h"

#include <cmath>
#include <cstdlib>
#include <mutex>
#include <optional>

#include "common/base/parallel.h"
#include "common/base/units.h"

namespace fringewatch::unwrapper {
namespace {

constexpr float kCyclesPerRad = static_cast<float>(1.0 / kTwoPi);
constexpr float kClear = 0.32F;  // cycles (2 rad): a triplet farther from a whole number has no vote, it is noise

/// The triplets of one pair and how a step of the pair changes their misclosure.
struct Membership {
  int triplet = 0;
  int sign = 0;
};

/// One step: `pair` moved by `cycles` (+1 or -1).
struct Step {
  int pair = 0;
  int cycles = 0;
  int gain = 0;  ///< by how much the sum of absolute misclosures falls
};

class PixelRepair {
 public:
  PixelRepair(const Network& network, const Array3<float>& coherence)
      : network_(network),
        coherence_(coherence),
        members_(network.edges.size()),
        misclosure_(network.triplets.size()),
        moved_(network.edges.size()) {
    for (size_t t = 0; t < network.triplets.size(); ++t) {
      const Triplet& triplet = network.triplets[t];
      const int index = static_cast<int>(t);
      members_[triplet.pair_ij].push_back({index, 1});
      members_[triplet.pair_jk].push_back({index, 1});
      members_[triplet.pair_ik].push_back({index, -1});
    }
  }

  /// Finds the steps of pixel `i` of every plane; returns whether there are any.
  bool Repair(const Array3<float>& phase, size_t i) {
    pixel_ = i;
    moved_.assign(moved_.size(), 0);
    for (size_t t = 0; t < misclosure_.size(); ++t) {
      const Triplet& of = network_.triplets[t];
      const float sum = phase.plane(of.pair_ij)[i] + phase.plane(of.pair_jk)[i] - phase.plane(of.pair_ik)[i];
      const float cycles = sum * kCyclesPerRad, whole = std::nearbyint(cycles);
      known_[t] = !std::isnan(sum);
      votes_[t] = std::abs(cycles - whole) <= kClear;  // false for NaN
      misclosure_[t] = known_[t] ? static_cast<int>(whole) : 0;
    }
    bool any = false;
    while (const std::optional<Step> step = BestStep()) {
      for (const Membership& member : members_[step->pair]) {
        if (known_[member.triplet]) misclosure_[member.triplet] += member.sign * step->cycles;
      }
      moved_[step->pair] += step->cycles;
      any = true;
    }
    return any;
  }

  [[nodiscard]] int moved(size_t pair) const { return moved_[pair]; }
  [[nodiscard]] bool misclosed(size_t triplet) const { return misclosure_[triplet] != 0; }

 private:
  [[nodiscard]] int Gain(int pair, int cycles) const {
    int gain = 0;
    for (const Membership& member : members_[pair]) {
      if (!votes_[member.triplet]) continue;
      const int before = misclosure_[member.triplet];
      gain += std::abs(before) - std::abs(before + member.sign * cycles);
    }
    return gain;
  }

  /// Coherence in whole hundredths, so that rounding does not decide; 0 where unknown.
  [[nodiscard]] int CoherencePercent(int pair) const {
    if (coherence_.empty()) return 0;
    const float value = coherence_.plane(pair)[pixel_];
    return std::isnan(value) ? 0 : static_cast<int>(std::lround(100.0F * value));
  }

  /// Whether pair a is the likelier culprit of two that gain the same.
  [[nodiscard]] bool Likelier(int a, int b) const {
    const int coherence_a = CoherencePercent(a), coherence_b = CoherencePercent(b);
    if (coherence_a != coherence_b) return coherence_a < coherence_b;
    return Span(a) > Span(b);
  }
  [[nodiscard]] double Span(int pair) const {
    return network_.days[network_.edges[pair].second] - network_.days[network_.edges[pair].first];
  }

  [[nodiscard]] std::optional<Step> BestStep() const {
    std::optional<Step> best;
    for (int pair = 0; pair < static_cast<int>(members_.size()); ++pair) {
      for (const int cycles : {1, -1}) {
        const int gain = Gain(pair, cycles);
        if (gain <= 0) continue;
        if (!best || gain > best->gain || (gain == best->gain && Likelier(pair, best->pair))) {
          best = Step{pair, cycles, gain};
        }
      }
    }
    return best;
  }

  const Network& network_;
  const Array3<float>& coherence_;
  std::vector<std::vector<Membership>> members_;
  std::vector<int> misclosure_;
  std::vector<char> known_ = std::vector<char>(misclosure_.size());  ///< all three pairs are there
  std::vector<char> votes_ = std::vector<char>(misclosure_.size());  ///< and the misclosure is near a whole number
  std::vector<int> moved_;
  size_t pixel_ = 0;
};

/// Marks the pixels of one row in which some triplet does not close. Most close: this is the fast path.
void MarkMisclosed(const Network& network, const Array3<float>& phase, int row, std::vector<uint8_t>& open) {
  open.assign(phase.cols, 0);
  const size_t start = static_cast<size_t>(row) * phase.cols;
  for (const Triplet& of : network.triplets) {
    const float* ij = phase.plane(of.pair_ij).data() + start;
    const float* jk = phase.plane(of.pair_jk).data() + start;
    const float* ik = phase.plane(of.pair_ik).data() + start;
    for (int c = 0; c < phase.cols; ++c) open[c] |= std::abs((ij[c] + jk[c] - ik[c]) * kCyclesPerRad) > 0.5F ? 1 : 0;
  }
}

}  // namespace

ClosureReport RepairClosure(const Network& network, Array3<float>& unwrapped_rad, const Array3<float>& coherence,
                            int threads) {
  const int rows = unwrapped_rad.rows, cols = unwrapped_rad.cols;
  ClosureReport report{0, Array2<uint8_t>(rows, cols), std::vector<long>(network.edges.size()),
                       std::vector<long>(network.triplets.size())};
  if (network.triplets.empty()) return report;
  std::mutex merge;  // sums of integers: the order of threads does not show
  ParallelFor(rows, threads, [&](int row) {
    std::vector<uint8_t> open;
    MarkMisclosed(network, unwrapped_rad, row, open);
    std::optional<PixelRepair> repair;
    std::vector<long> moved(network.edges.size()), misclosed(network.triplets.size());
    long repaired = 0;
    for (int c = 0; c < cols; ++c) {
      if (!open[c]) continue;
      if (!repair) repair.emplace(network, coherence);
      const size_t i = report.repaired.index(row, c);
      const bool any = repair->Repair(unwrapped_rad, i);
      for (size_t t = 0; t < misclosed.size(); ++t) misclosed[t] += repair->misclosed(t);
      if (!any) continue;
      ++repaired;
      report.repaired.values[i] = 1;
      for (size_t m = 0; m < moved.size(); ++m) {
        if (repair->moved(m) == 0) continue;
        unwrapped_rad.plane(static_cast<int>(m))[i] += static_cast<float>(kTwoPi * repair->moved(m));
        ++moved[m];
      }
    }
    if (!repair) return;
    const std::lock_guard lock(merge);
    report.pixels_repaired += repaired;
    for (size_t m = 0; m < moved.size(); ++m) report.moved_px[m] += moved[m];
    for (size_t t = 0; t < misclosed.size(); ++t) report.misclosed_triplets[t] += misclosed[t];
  });
  return report;
}

}  // namespace fringewatch::unwrapper
