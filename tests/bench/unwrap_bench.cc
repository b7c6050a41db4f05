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
constexpr const char* kModelDir = "deploy/models";

/// One pair of 12 days over one bowl of 150 to 800 m, with atmosphere, relief and ramp; one coherence everywhere.
sim::SceneConfig Scene(uint64_t seed, double coherence) {
  KeyedRandom random(seed);
  sim::SceneConfig config;
  config.seed = seed;
  config.rows = config.cols = kSize_px;
  config.pixel_m = random.Uniform(20.0, 40.0);
  config.epochs = 2;
  config.pairs = 1;
  config.max_span_days = config.repeat_days;
  config.sites.count = 1;
  config.sites.kinds = {sim::SourceKind::kBowl};
  config.coherence_min = config.coherence_max = coherence;
  config.coherence_decay_days = 1e9;
  config.water_fraction = config.vegetation_fraction = 0.0;
  // Atmosphere steeper than the flattest cell would leave nothing to scale.
  config.turbulence_rad = 0.7;
  config.turbulence_hurst = 5.0 / 6.0;
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

/// The scene whose rate brings the largest true step to `gradient`: secant steps on a nearly linear function. Empty
/// when the atmosphere alone exceeds it, or the site does not fit.
std::optional<sim::Scene> SceneOf(uint64_t seed, double coherence, double gradient_rad_per_px) {
  sim::SceneConfig config = Scene(seed, coherence);
  double rate_m_per_yr = 0.5;
  for (int step = 0; step < 12; ++step) {
    config.sites.rate_min_m_per_yr = config.sites.rate_max_m_per_yr = rate_m_per_yr;
    sim::Scene scene(config);
    if (scene.sites().empty()) return {};
    const double largest = LargestStep(scene.TruePhase(0, kPatch, true));
    if (std::abs(largest / gradient_rad_per_px - 1.0) < 0.01) return scene;
    rate_m_per_yr *= gradient_rad_per_px / largest;
  }
  return {};
}

Array2<float> Footprint(const sim::Scene& scene) {
  Array2<float> footprint = scene.TruePhase(0, kPatch, false);
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

nlohmann::json MakeCell(const std::string& folder, int patches, uint64_t seed, double coherence, double gradient,
                        Solvers& solvers) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  double unwrapper_s = 0, net_s = 0;
  int made = 0;
  for (uint64_t i = 0; made < patches; ++i) {
    const auto scene = SceneOf(HashKeys(seed, static_cast<uint64_t>(1e3 * coherence), i), coherence, gradient);
    if (!scene) continue;
    ++made;
    const PairRaster pair = scene->Observe(0, kPatch);
    double start = CpuSeconds();
    const auto answer = solvers.unwrapper->UnwrapPair(pair);
    unwrapper_s += CpuSeconds() - start;
    if (!answer.ok()) throw std::runtime_error(MessageOf(answer.status()));
    start = CpuSeconds();
    const Array3<float> prior = unwrapper::PredictPatch(solvers.net, solvers.device, {pair}, {});
    net_s += CpuSeconds() - start;
    Array2<float> plain(kSize_px, kSize_px);
    plain.values = prior.values;
    Append(folder + "/phase", pair.phase_rad);
    Append(folder + "/coherence", pair.coherence);
    Append(folder + "/truth", scene->TruePhase(0, kPatch, true));
    Append(folder + "/footprint", Footprint(*scene));
    Append(folder + "/fringewatch", answer->smooth_rad);
    Append(folder + "/fringewatch_std", answer->std_rad);
    Append(folder + "/fringewatch_congruent", answer->phase_rad);
    Append(folder + "/punet", plain);
  }
  return {{"folder", folder},
          {"coherence", coherence},
          {"gradient_rad_per_px", gradient},
          {"patches", patches},
          {"cpu_s_per_patch", {{"fringewatch", unwrapper_s / patches}, {"punet", net_s / patches}}}};
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
      const std::string name = fmt::format("{}/c{}_g{}", folder, coherence, gradient);
      cells.push_back(MakeCell(name, patches, seed, coherence, gradient, solvers));
      std::fprintf(stderr, "%s\n", name.c_str());
    }
  }
  std::ofstream(folder + "/cells.json") << nlohmann::json{{"size_px", kSize_px}, {"seed", seed}, {"cells", cells}}.dump(
      2);
}
