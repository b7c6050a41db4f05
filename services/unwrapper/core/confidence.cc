#include "services/unwrapper/core/confidence.h"

#include <algorithm>
#include <cmath>

#include "common/raster/components.h"

namespace fringewatch::unwrapper {
namespace {

constexpr float kGoodAgreement = 0.35F;  ///< steps agree clearly more than noise does (0.2)
constexpr float kIslandFactor = 0.95F;   ///< good ground that no good ground joins to most of the rest
constexpr float kCutFactor = 0.97F;

/// 1 on the largest piece of connected good ground.
Array2<uint8_t> Mainland(const PairRaster& pair, const FlowSolution& solution) {
  Array2<uint8_t> good = GoodGround(pair, solution);
  const Components pieces = LabelComponents(good);
  int largest = 0;
  for (size_t p = 1; p < pieces.list.size(); ++p) {
    if (pieces.list[p].area_px > pieces.list[largest].area_px) largest = static_cast<int>(p);
  }
  for (size_t i = 0; i < good.size(); ++i) good.values[i] = pieces.labels.values[i] == largest + 1;
  return good;
}

/// Chance that noise leaves the cycle right, from the agreement of steps: logistic, fitted to simulated patches of
/// mixed coherence. Even in pure noise six pixels of ten lie within half a cycle.
float SureOfNoise(float agreement) {
  constexpr float kInNoise = 0.6F;
  return kInNoise + (1.0F - kInNoise) / (1.0F + std::exp(-22.0F * (agreement - 0.25F)));
}

}  // namespace

Array2<uint8_t> GoodGround(const PairRaster& pair, const FlowSolution& solution) {
  Array2<uint8_t> good(pair.phase_rad.rows, pair.phase_rad.cols);
  for (size_t i = 0; i < good.size(); ++i) {
    good.values[i] = !std::isnan(pair.phase_rad.values[i]) && solution.agreement.values[i] > kGoodAgreement;
  }
  return good;
}

Array2<float> CycleConfidence(const PairRaster& pair, const FlowSolution& solution, const Array2<float>& doubt) {
  const Array2<uint8_t> mainland = Mainland(pair, solution);
  Array2<float> confidence(pair.phase_rad.rows, pair.phase_rad.cols, kMissing);
  for (size_t i = 0; i < confidence.size(); ++i) {
    if (std::isnan(pair.phase_rad.values[i])) continue;
    float sure = SureOfNoise(solution.agreement.values[i]) * (1.0F - doubt.values[i]);
    if (solution.cut.values[i] != 0) sure *= kCutFactor;
    if (mainland.values[i] == 0) sure *= kIslandFactor;
    confidence.values[i] = sure;
  }
  return confidence;
}

Array2<uint8_t> TooDense(const PairRaster& pair, const FlowSolution& solution, const Array2<float>& confidence) {
  constexpr float kLost = 0.45F, kSure = 0.9F;
  Array2<uint8_t> dense(pair.phase_rad.rows, pair.phase_rad.cols);
  for (size_t i = 0; i < dense.size(); ++i) {
    if (std::isnan(pair.phase_rad.values[i])) continue;
    const bool unresolved = solution.agreement.values[i] < kLost * AgreementAt(pair.coherence.values[i]);
    const bool aliased = solution.expected_step_rad.values[i] > static_cast<float>(kPi);
    dense.values[i] = unresolved || (aliased && confidence.values[i] < kSure);
  }
  return dense;
}

}  // namespace fringewatch::unwrapper
