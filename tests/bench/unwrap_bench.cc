/// Patches to unwrap, with their truth and our answers: the data of the table of unwrapping in docs/benchmarks.md.
///   unwrap_bench FOLDER [PATCHES [SEED]]
///
/// One bowl per patch of 128 x 128 pixels, ten looks, the largest true step between neighbours of the whole patch
/// (atmosphere included) scaled to the gradient of its cell. Each cell is a folder of float32 files, PATCHES x 128 x
/// 128, row-major: phase, coherence, truth (without noise), footprint (1 above 5 % of the bowl's peak), and the
/// answers. FOLDER/cells.json tells what there is and how long our answers took. tests/bench/unwrap_peers.py unwraps
/// and compares.
#include <torch/torch.h>

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/base/random.h"
#include "common/base/units.h"
#include "common/nn/device.h"
#include "common/nn/model_file.h"
#include "common/sim/scene.h"
#include "services/unwrapper/core/network_prior.h"
#include "services/unwrapper/core/unwrap_patch.h"

namespace {

using namespace fringewatch;

constexpr int kSize_px = 128;
constexpr Window kPatch{0, 0, kSize_px, kSize_px};
constexpr double kGradients[] = {0.5, 1, 2, 3, 4, 6};
constexpr double kCoherences[] = {0.9, 0.7, 0.5, 0.35};
constexpr int kSpans_days[] = {12, 24, 36, 48};
constexpr double kLinearityGradient = 6.0;  ///< of the longest span
constexpr const char* kModelDir = "deploy/models";

/// One bowl of 150 to 800 m, with atmosphere, relief and ramp, one coherence everywhere; all pairs of so many epochs.
sim::SceneConfig Scene(uint64_t seed, double coherence, int epochs) {
  sim::SceneConfig config;
  config.seed = seed;
  config.rows = config.cols = kSize_px;
  config.pixel_m = 20.0;
  config.epochs = epochs;
  config.pairs = epochs * (epochs - 1) / 2;
  config.max_span_days = (epochs - 1) * config.repeat_days;
  config.sites.count = 1;
  config.sites.kinds = {sim::SourceKind::kBowl};
  config.coherence_min = config.coherence_max = coherence;
  config.coherence_decay_days = 1e9;
  config.water_fraction = config.vegetation_fraction = 0.0;
  // Atmosphere steeper than the flattest cell would leave nothing to scale.
  config.turbulence_rad = 0.7;
  config.perlin_rad = 0.0;
  config.stratified_rad_per_km = 0.5;
  config.dem_error_m = 1.0;
  config.ramp_rad = 1.0;
  return config;
}

float LargestStep(const Array2<float>& phase_rad) {
  float largest = 0;
  for (int r = 0; r + 1 < phase_rad.rows; ++r) {
    for (int c = 0; c + 1 < phase_rad.cols; ++c) {
      largest = std::max(
          {largest, std::abs(phase_rad(r + 1, c) - phase_rad(r, c)), std::abs(phase_rad(r, c + 1) - phase_rad(r, c))});
    }
  }
  return largest;
}

/// Index of the pair of the first epoch that spans so many days.
int PairOfSpan(const sim::Scene& scene, int span_days) {
  const std::vector<Pair>& pairs = scene.track().pairs;
  const auto found = std::find_if(pairs.begin(), pairs.end(), [&](const Pair& pair) {
    return pair.span_days() == span_days && pair.date1 == scene.dates().front();
  });
  return static_cast<int>(found - pairs.begin());
}

int LongestPair(const sim::Scene& scene) {
  return PairOfSpan(scene, DaysBetween(scene.dates().front(), scene.dates().back()));
}

/// The scene whose rate brings the largest true step of its longest pair to `gradient`: secant steps on a nearly linear
/// function. Empty when the atmosphere alone exceeds it, or the site does not fit.
std::optional<sim::Scene> SceneOf(uint64_t seed, double coherence, double gradient_rad_per_px, int epochs) {
  sim::SceneConfig config = Scene(seed, coherence, epochs);
  double rate_m_per_yr = 0.5;
  for (int step = 0; step < 12; ++step) {
    config.sites.rate_min_m_per_yr = config.sites.rate_max_m_per_yr = rate_m_per_yr;
    sim::Scene scene(config);
    if (scene.sites().empty()) return {};
    const double largest = LargestStep(scene.TruePhase(LongestPair(scene), kPatch, true));
    if (std::abs(largest / gradient_rad_per_px - 1.0) < 0.01) return scene;
    rate_m_per_yr *= gradient_rad_per_px / largest;
  }
  return {};
}

Array2<float> Footprint(const sim::Scene& scene, int pair) {
  Array2<float> footprint = scene.TruePhase(pair, kPatch, false);
  float peak = 0;
  for (const float phase : footprint.values) peak = std::max(peak, std::abs(phase));
  for (float& phase : footprint.values) phase = std::abs(phase) > 0.05F * peak ? 1.0F : 0.0F;
  return footprint;
}

void Append(const std::string& path, const Array2<float>& raster) {
  std::ofstream(path, std::ios::binary | std::ios::app)
      .write(reinterpret_cast<const char*>(raster.values.data()), static_cast<long>(raster.size() * sizeof(float)));
}

double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Solvers {
  std::unique_ptr<unwrapper::Unwrapper> unwrapper;
  unwrapper::PuNet net;
  nn::Device device;
};

/// What of a cell takes how long.
struct Seconds {
  double unwrapper = 0, net = 0;
};

/// Observes a pair, unwraps it and writes all its rasters to the end of the files of a cell.
void AddPatch(const std::string& folder, const sim::Scene& scene, int index, Solvers& solvers, Seconds& seconds) {
  const PairRaster pair = scene.Observe(index, kPatch);
  double start = CpuSeconds();
  const auto answer = solvers.unwrapper->UnwrapPair(pair);
  seconds.unwrapper += CpuSeconds() - start;
  if (!answer.ok()) throw std::runtime_error(MessageOf(answer.status()));
  start = CpuSeconds();
  const Array3<float> prior = unwrapper::PredictPatch(solvers.net, solvers.device, {pair}, {});
  seconds.net += CpuSeconds() - start;
  Array2<float> plain(kSize_px, kSize_px);
  plain.values = prior.values;
  Append(folder + "/phase", pair.phase_rad);
  Append(folder + "/coherence", pair.coherence);
  Append(folder + "/truth", scene.TruePhase(index, kPatch, true));
  Append(folder + "/footprint", Footprint(scene, index));
  Append(folder + "/fringewatch", answer->smooth_rad);
  Append(folder + "/fringewatch_std", answer->std_rad);
  Append(folder + "/fringewatch_congruent", answer->phase_rad);
  Append(folder + "/punet", plain);
}

void StartFolder(const std::string& folder) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::fprintf(stderr, "%s\n", folder.c_str());
}

nlohmann::json Described(const std::string& folder, int patches, double coherence, const Seconds& seconds) {
  return {{"folder", folder},
          {"coherence", coherence},
          {"patches", patches},
          {"cpu_s_per_patch", {{"fringewatch", seconds.unwrapper / patches}, {"punet", seconds.net / patches}}}};
}

/// The first `patches` scenes that can be had.
template <typename Visit>
void ForScenes(int patches, uint64_t seed, double coherence, double gradient_rad_per_px, int epochs, Visit&& visit) {
  for (uint64_t i = 0; patches > 0; ++i) {
    const uint64_t key = HashKeys(seed, static_cast<uint64_t>(1e3 * coherence), i);
    const auto scene = SceneOf(key, coherence, gradient_rad_per_px, epochs);
    if (!scene) continue;
    visit(*scene);
    --patches;
  }
}

nlohmann::json MakeCell(const std::string& root, int patches, uint64_t seed, double coherence, double gradient,
                        Solvers& solvers) {
  const std::string folder = fmt::format("{}/c{}_g{}", root, coherence, gradient);
  StartFolder(folder);
  Seconds seconds;
  ForScenes(patches, seed, coherence, gradient, 2,
            [&](const sim::Scene& scene) { AddPatch(folder, scene, 0, solvers, seconds); });
  nlohmann::json cell = Described(folder, patches, coherence, seconds);
  cell["gradient_rad_per_px"] = gradient;
  return cell;
}

/// The same sites over longer and longer spans.
nlohmann::json MakeLinearity(const std::string& root, int patches, uint64_t seed, Solvers& solvers) {
  constexpr double kCoherence = 0.7;
  nlohmann::json cells = nlohmann::json::array();
  for (const int days : kSpans_days) {
    const std::string folder = fmt::format("{}/days{}", root, days);
    StartFolder(folder);
    Seconds seconds;
    ForScenes(patches, seed, kCoherence, kLinearityGradient, static_cast<int>(std::size(kSpans_days)) + 1,
              [&](const sim::Scene& scene) { AddPatch(folder, scene, PairOfSpan(scene, days), solvers, seconds); });
    nlohmann::json cell = Described(folder, patches, kCoherence, seconds);
    cell["span_days"] = days;
    cells.push_back(cell);
  }
  return cells;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: unwrap_bench FOLDER [PATCHES [SEED]]\n");
    return 64;
  }
  const std::string folder = argv[1];
  const int patches = argc > 2 ? std::atoi(argv[2]) : 50;
  const uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 4242;
  torch::set_num_threads(1);
  Solvers solvers{.device = nn::Device{}};
  auto loaded = unwrapper::Unwrapper::Load(kModelDir, solvers.device, {.threads = 1});
  const auto card = nn::LoadModel(kModelDir, unwrapper::kPuNetName, solvers.net->shape().ToString(), *solvers.net);
  if (!loaded.ok() || !card.ok()) {
    std::fprintf(stderr, "%s %s\n", MessageOf(loaded.status()).c_str(), MessageOf(card.status()).c_str());
    return 1;
  }
  solvers.unwrapper = *std::move(loaded);
  nn::PrepareForInference(*solvers.net, solvers.device);
  nlohmann::json cells = nlohmann::json::array();
  for (const double coherence : kCoherences) {
    for (const double gradient : kGradients) {
      cells.push_back(MakeCell(folder, patches, seed, coherence, gradient, solvers));
    }
  }
  const nlohmann::json linearity = MakeLinearity(folder, patches, seed, solvers);
  std::ofstream(folder + "/cells.json")
      << nlohmann::json{{"size_px", kSize_px}, {"seed", seed}, {"cells", cells}, {"linearity", linearity}}.dump(2);
}
