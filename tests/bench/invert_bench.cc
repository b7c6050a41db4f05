/// Speed of the time-series inversion: pixels per CPU second of one thread, every pixel with its own weights and
/// gaps, for networks of 30 pairs / 10 dates, 100 / 28 and 300 / 78 (the shortest spans first). Prints JSON.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "common/base/random.h"
#include "services/unwrapper/core/sbas.h"
#include "services/unwrapper/core/test_networks.h"

namespace {

using namespace fringewatch;

struct Input {
  Array3<float> phase_rad, weights;
};

/// Linear ground with phase noise; one value in 20 is missing.
Input MakeInput(const Network& network, int side) {
  const int pairs = static_cast<int>(network.edges.size());
  Input input{Array3<float>(pairs, side, side), Array3<float>(pairs, side, side)};
  for (int m = 0; m < pairs; ++m) {
    KeyedRandom random(HashKeys(1, m));
    const Edge edge = network.edges[m];
    for (size_t i = 0; i < input.phase_rad.plane_size(); ++i) {
      const float coherence = static_cast<float>(random.Uniform(0.2, 0.95));
      const double phase = 0.01 * (network.days[edge.second] - network.days[edge.first]) + 0.2 * random.Uniform(-1, 1);
      input.weights.plane(m)[i] = unwrapper::PhaseWeight(coherence, 10.0);
      input.phase_rad.plane(m)[i] = random.Chance(0.05) ? kMissing : static_cast<float>(phase);
    }
  }
  return input;
}

nlohmann::json Measure(int dates, int pairs, int side) {
  const Network network = unwrapper::ShortestSpans(dates, pairs);
  const Input input = MakeInput(network, side);
  double best_s = 1e9, checksum = 0;
  for (int repeat = 0; repeat < 5; ++repeat) {
    const std::clock_t start = std::clock();
    const unwrapper::SbasSeries series = unwrapper::InvertSbas(network, input.phase_rad, input.weights, 0.0555, 1);
    best_s = std::min(best_s, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    checksum = series.displacement_m(dates - 1, side / 2, side / 2);
  }
  return {{"pairs", pairs},
          {"dates", dates},
          {"bandwidth", network.bandwidth},
          {"pixels", static_cast<long>(side) * side},
          {"last_displacement_m", checksum},
          {"pixels_per_cpu_s", static_cast<double>(side) * side / best_s}};
}

}  // namespace

int main() {
  const nlohmann::json report = {{"benchmark", "sbas_inversion"},
                                 {"cases", {Measure(10, 30, 512), Measure(28, 100, 512), Measure(78, 300, 256)}}};
  std::printf("%s\n", report.dump(2).c_str());
}
