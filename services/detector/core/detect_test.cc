#include "services/detector/core/detect.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <new>
#include <set>
#include <tuple>

#include "common/base/retry.h"
#include "common/nn/model_file.h"
#include "common/nn/packing.h"
#include "common/sim/observed_stack.h"
#include "common/sim/scene.h"
#include "services/detector/core/ddnet.h"
#include "services/detector/core/stack_net.h"
#include "services/detector/core/tiled_forward.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch::detector {
namespace {

constexpr uint64_t kSeed = 31;

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Networks with random weights: useless answers, but answers of the right reach.
std::string RandomModels() {
  static const TemporaryFolder folder;  // each test is a process of its own: they must not share one
  const std::string dir = folder.path().string();
  torch::manual_seed(kSeed);
  DdNet ddnet = MakeDdNet();
  StackNet stack_net = MakeStackNet();
  nn::ModelCard ddnet_card{.name = kDdNetName, .architecture = DdNetShape().ToString()};
  nn::ModelCard stack_card{.name = kStackNetName, .architecture = StackNetShape().ToString()};
  EXPECT_TRUE(nn::SaveModel(dir, *ddnet, ddnet_card).ok());
  EXPECT_TRUE(nn::SaveModel(dir, *stack_net, stack_card).ok());
  return dir;
}

/// The weights of the release.
std::string ReleasedModels() {
  return (std::filesystem::path(__FILE__).parent_path() / "../../../deploy/models").lexically_normal().string();
}
bool HaveReleasedModels() {
  return std::filesystem::exists(ReleasedModels() + "/ddnet.pt") &&
         std::filesystem::exists(ReleasedModels() + "/stack.pt");
}

std::unique_ptr<Detector> LoadDetector(const std::string& dir, const DetectOptions& options) {
  auto detector = Detector::Load(dir, *nn::ResolveDevice("cpu", "fp32"), options);
  EXPECT_TRUE(detector.ok()) << detector.status();
  return *std::move(detector);
}

/// Four tiles that meet at (row, col).
std::vector<Tile> TilesAround(const Window& frame, int row, int col, int halo) {
  std::vector<Tile> tiles;
  for (const Window& core :
       {Window{0, 0, row, col}, Window{0, col, row, frame.cols - col}, Window{row, 0, frame.rows - row, col},
        Window{row, col, frame.rows - row, frame.cols - col}}) {
    tiles.push_back({core, Grow(core, halo, frame)});
  }
  return tiles;
}

/// Place, area and outline size of every site.
using SiteKey = std::tuple<int, int, int, size_t, std::string>;
std::set<SiteKey> Keys(const std::vector<FlaggedSite>& sites) {
  std::set<SiteKey> keys;
  for (const FlaggedSite& site : sites) {
    keys.emplace(site.peak_row, site.peak_col, site.area_px, site.outline.size(), site.kind);
  }
  return keys;
}

sim::SceneConfig SmallScene(int rows, int cols, int pairs) {
  sim::SceneConfig config;
  config.seed = kSeed;
  config.rows = rows;
  config.cols = cols;
  config.epochs = 6;
  config.pairs = pairs;
  config.gap_fraction = 0.02;
  return config;
}

TEST(TiledForward, AnswersAsTheWholeDoes) {
  torch::manual_seed(kSeed);
  const nn::Device device{torch::kCPU, torch::kFloat32};
  DdNet net = MakeDdNet();
  nn::PrepareForInference(*net, device);
  const c10::InferenceMode inference;
  const torch::Tensor input = torch::randn({2, 3, 43, 1290});
  const torch::Tensor whole = ForwardTiled(net, input, device, 1 << 20);
  EXPECT_EQ(whole.sizes(), (std::vector<int64_t>{2, 43, 1290}));
  const torch::Tensor tiled = ForwardTiled(net, input, device, 1 << 16);
  EXPECT_LT((whole - tiled).abs().max().item<float>(), 1e-4F * whole.abs().max().item<float>());
}

TEST(TiledForward, ReceptiveRadiusIsWhatAChangedPixelReaches) {
  torch::manual_seed(kSeed);
  const nn::Device device{torch::kCPU, torch::kFloat32};
  for (const nn::MultiScaleShape& shape : {DdNetShape(), StackNetShape()}) {
    nn::MultiScaleNet net(shape);
    nn::PrepareForInference(*net, device);
    const c10::InferenceMode inference;
    const int radius = ReceptiveRadius_px(shape), at = nn::RoundUp(radius + 20, shape.Multiple()) + 5;
    torch::Tensor input = torch::zeros({1, shape.in_channels, 2 * shape.Multiple(), 2 * at});
    const torch::Tensor before = ForwardTiled(net, input, device, 1 << 24);
    input.slice(3, at, at + 1).fill_(100.0F);
    const torch::Tensor changed = (ForwardTiled(net, input, device, 1 << 24) - before).abs()[0].amax(0);
    int reach = 0;
    for (int64_t col = 0; col < changed.size(0); ++col) {
      const int distance = static_cast<int>(std::abs(col * shape.OutputStride() - at));
      if (changed[col].item<float>() > 0.0F) reach = std::max(reach, distance);
    }
    std::printf("%s: radius %d px, reached %d px\n", shape.ToString().c_str(), radius, reach);
    EXPECT_LE(reach, radius);
    EXPECT_GT(reach, radius / 2);
  }
}

TEST(Detector, SameEvidenceAndSitesWhereverTileEdgesFall) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  const sim::ObservedStack stack(SmallScene(64, 1300, 3));
  const Window frame = stack.track().grid.frame();
  const int halo = ReceptiveRadius_px(DdNetShape()) + 2 * ReceptiveRadius_px(StackNetShape()) + 64;
  const std::string models = RandomModels();
  const auto probe = LoadDetector(models, {});
  const auto whole_map = probe->Detect(stack, {frame, frame}, 0.5);
  ASSERT_TRUE(whole_map.ok()) << whole_map.status();
  // Random weights know no scale: the thresholds are quantiles of their own map, so that there are small sites.
  std::vector<float> values;
  for (const float value : whole_map->evidence.values) {
    if (!std::isnan(value)) values.push_back(value);
  }
  std::sort(values.begin(), values.end());
  DetectOptions options;
  const double threshold = values[values.size() * 97 / 100];
  options.outline_threshold = values[values.size() * 93 / 100];
  const auto detector = LoadDetector(models, options);
  const auto whole = detector->Detect(stack, {frame, frame}, threshold);
  ASSERT_TRUE(whole.ok());
  ASSERT_GT(whole->sites.size(), 3U);
  // One cut through the middle of the strongest site, one at odd numbers elsewhere.
  for (const auto& [row, col] : {std::pair(whole->sites[0].peak_row, whole->sites[0].peak_col), std::pair(31, 611)}) {
    std::vector<FlaggedSite> sites;
    long scanned = 0;
    float worst = 0.0F;
    for (const Tile& tile : TilesAround(frame, std::clamp(row, 1, 63), col, halo)) {
      const auto part = detector->Detect(stack, tile, threshold);
      ASSERT_TRUE(part.ok()) << part.status();
      scanned += part->pixels_scanned;
      sites.insert(sites.end(), part->sites.begin(), part->sites.end());
      const Array2<float> same = Crop(whole->evidence, tile.core);
      for (size_t i = 0; i < same.size(); ++i) {
        ASSERT_EQ(std::isnan(same.values[i]), std::isnan(part->evidence.values[i]));
        if (!std::isnan(same.values[i])) worst = std::max(worst, std::abs(same.values[i] - part->evidence.values[i]));
      }
    }
    std::printf("tiles meeting at (%d, %d): %zu sites, evidence differs by %.1e at most\n", row, col, sites.size(),
                worst);
    EXPECT_LT(worst, 1e-5F);
    EXPECT_EQ(scanned, whole->pixels_scanned);
    EXPECT_EQ(sites.size(), whole->sites.size());
    EXPECT_EQ(Keys(sites), Keys(whole->sites));
  }
}

TEST(Detector, ThreadsDoNotChangeABit) {
  const sim::ObservedStack stack(SmallScene(75, 130, 5));
  const Window frame = stack.track().grid.frame();
  const std::string models = RandomModels();
  torch::set_num_threads(2);  // as another part of the process may have done
  std::vector<TileDetections> found;
  for (const int threads : {1, 3}) {
    auto answer = LoadDetector(models, {.threads = threads})->Detect(stack, {frame, frame}, 0.5);
    ASSERT_TRUE(answer.ok()) << answer.status();
    found.push_back(*std::move(answer));
    EXPECT_EQ(torch::get_num_threads(), 2);
  }
  for (size_t i = 0; i < found[0].evidence.size(); ++i) {
    const float a = found[0].evidence.values[i], b = found[1].evidence.values[i];
    ASSERT_TRUE(a == b || (std::isnan(a) && std::isnan(b))) << a << " " << b;
  }
}

TEST(Detector, AStackWithoutDataIsMissingEverywhere) {
  class EmptyStack final : public StackReader {
   public:
    EmptyStack() {
      track_.grid.rows = 50;
      track_.grid.cols = 70;
      track_.pairs = {{Date{0}, Date{12}}, {Date{12}, Date{24}}};
    }
    const Track& track() const override { return track_; }
    StatusOr<PairRaster> ReadPair(int, const Window& window) const override {
      if (fail_) return Error(Fault::kRasterTruncated, "x.tif is cut at row 3; fetch it again");
      return PairRaster{Array2<float>(window.rows, window.cols, kMissing),
                        Array2<float>(window.rows, window.cols, kMissing)};
    }
    StatusOr<Array2<float>> ReadHeight(const Window&) const override { return Array2<float>(); }
    bool fail_ = false;

   private:
    Track track_;
  };
  EmptyStack stack;
  const auto detector = LoadDetector(RandomModels(), {.outline_threshold = 0.0});
  const auto found = detector->Detect(stack, {{0, 0, 50, 70}, {0, 0, 50, 70}}, 0.0);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_TRUE(found->sites.empty());
  EXPECT_EQ(found->pixels_scanned, 0);
  for (const float value : found->evidence.values) ASSERT_TRUE(std::isnan(value));
  stack.fail_ = true;
  const auto failed = detector->Detect(stack, {{0, 0, 50, 70}, {0, 0, 50, 70}}, 0.0);
  EXPECT_EQ(failed.status().code(), CodeOf(Fault::kRasterTruncated));
}

/// Throws, as a network without memory does, in its calls number `first` to `first + count - 1`.
nn::CallObserver LacksMemory(std::atomic<int>& calls, int first, int count) {
  return [&calls, first, count](const nn::NetworkCall&) {
    const int call = calls++;
    if (call >= first && call < first + count) throw std::bad_alloc();
  };
}

TEST(Detector, WithoutMemoryItTriesHalfTheBatchOnceForTheSameAnswer) {
  const sim::ObservedStack stack(SmallScene(75, 130, 5));
  const Window frame = stack.track().grid.frame();
  const std::string models = RandomModels();
  const auto undisturbed = LoadDetector(models, {})->Detect(stack, {frame, frame}, 0.5);
  ASSERT_TRUE(undisturbed.ok());
  EXPECT_FALSE(undisturbed->batch_halved);
  EXPECT_EQ(undisturbed->pixels_read, 5 * frame.pixels());
  for (const int failing : {0, 3, 5}) {  // a first and a later call of DDNet, the call of StackNet
    std::atomic<int> calls{0};
    const auto detector = LoadDetector(models, {.threads = 1, .on_call = LacksMemory(calls, failing, 1)});
    const auto found = detector->Detect(stack, {frame, frame}, 0.5);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_TRUE(found->batch_halved);
    EXPECT_EQ(Keys(found->sites), Keys(undisturbed->sites));
    EXPECT_EQ(std::memcmp(found->evidence.values.data(), undisturbed->evidence.values.data(),
                          found->evidence.size() * sizeof(float)),
              0);
  }
}

TEST(Detector, WithoutMemoryTwiceItFailsForAnotherWorkerToTry) {
  const sim::ObservedStack stack(SmallScene(75, 130, 5));
  const Window frame = stack.track().grid.frame();
  std::atomic<int> calls{0};
  const auto detector = LoadDetector(RandomModels(), {.threads = 1, .on_call = LacksMemory(calls, 0, 1000)});
  const Status status = detector->Detect(stack, {frame, frame}, 0.5).status();
  EXPECT_EQ(status.code(), CodeOf(Fault::kOutOfMemory)) << status;
  EXPECT_TRUE(IsRetryable(status));
  EXPECT_LE(calls, 4);  // two attempts, each ended by its first failure or the one read ahead of it
}

TEST(Detector, TellsOfEveryCall) {
  const sim::ObservedStack stack(SmallScene(75, 130, 5));
  const Window frame = stack.track().grid.frame();
  std::mutex mutex;
  std::map<std::string, int> rasters;
  DetectOptions options;
  options.on_call = [&](const nn::NetworkCall& call) {
    const std::lock_guard lock(mutex);
    rasters[call.network] += call.rasters;
    EXPECT_GT(call.seconds, 0.0);
  };
  const auto detector = LoadDetector(RandomModels(), options);
  ASSERT_TRUE(detector->WarmUp().ok());
  EXPECT_TRUE(rasters.empty());  // not work
  ASSERT_TRUE(detector->Detect(stack, {frame, frame}, 0.5).ok());
  EXPECT_EQ(rasters, (std::map<std::string, int>{{kDdNetName, 5}, {kStackNetName, 1}}));
}

TEST(Detector, HashesAreThoseOfTheCards) {
  const std::string models = RandomModels();
  EXPECT_EQ(LoadDetector(models, {})->model_hashes(), *nn::DetectorModelHashes(models));
}

TEST(Detector, RefusesAFolderWithoutModels) {
  const auto detector = Detector::Load(testing::TempDir() + "no_models_here", *nn::ResolveDevice("cpu", "fp32"), {});
  EXPECT_EQ(detector.status().code(), CodeOf(Fault::kModelRefused));
}

/// Sites found that have a true site's peak inside, and true sites that are found.
struct Match {
  int right = 0, found = 0, recalled = 0;
};
Match MatchSites(const std::vector<FlaggedSite>& sites, const std::vector<sim::TrueSite>& truth) {
  Match match{0, static_cast<int>(sites.size()), 0};
  std::set<int> recalled;
  for (const FlaggedSite& site : sites) {
    bool right = false;
    for (const sim::TrueSite& true_site : truth) {
      if (!RingContains(site.outline, true_site.row, true_site.col)) continue;
      right = true;
      recalled.insert(true_site.id);
    }
    match.right += right;
  }
  match.recalled = static_cast<int>(recalled.size());
  return match;
}

TEST(Detector, TheReleasedNetworksSayWhatEachThresholdCosts) {
  if (!HaveReleasedModels()) GTEST_SKIP() << "no weights in deploy/models: run `make train`";
  const auto points = nn::DetectorOperatingPoints(ReleasedModels());
  ASSERT_TRUE(points.ok()) << points.status();
  ASSERT_GE(points->size(), 2u) << "run detect_bench --card";
  for (size_t i = 1; i < points->size(); ++i) {
    EXPECT_GT(points->at(i).threshold, points->at(i - 1).threshold);
    EXPECT_LE(points->at(i).false_sites_per_1000_km2, points->at(i - 1).false_sites_per_1000_km2);
    EXPECT_GT(points->at(i).false_sites_per_1000_km2, 0) << "what was never seen is not promised";
  }
}

TEST(Detector, FindsTheFastBowlsOfASceneOnceEachWhereverTileEdgesFall) {
  if (!HaveReleasedModels()) GTEST_SKIP() << "no weights in deploy/models: run `make train`";
  sim::SceneConfig config = SmallScene(448, 448, 8);
  config.sites = {.count = 5, .rate_min_m_per_yr = 0.6, .rate_max_m_per_yr = 1.5};
  const sim::ObservedStack stack(config);
  const Window frame = stack.track().grid.frame();
  const auto detector = LoadDetector(ReleasedModels(), {});
  const auto start = std::chrono::steady_clock::now();
  const auto whole = detector->Detect(stack, {frame, frame}, 0.5);
  ASSERT_TRUE(whole.ok()) << whole.status();
  std::printf("detection: %.1f Mpx x pairs per second\n",
              1e-6 * static_cast<double>(frame.pixels()) * config.pairs / SecondsSince(start));
  const Match match = MatchSites(whole->sites, stack.scene().sites());
  std::printf("%d true sites, %d found; %d flagged, %d right\n", config.sites.count, match.recalled, match.found,
              match.right);
  EXPECT_GE(match.recalled, 4);
  EXPECT_GE(match.right, match.found - 1);
  ASSERT_FALSE(whole->sites.empty());
  const FlaggedSite& strongest = whole->sites[0];
  EXPECT_FALSE(strongest.voting_pairs.empty());
  const int row = std::clamp(strongest.peak_row, 1, frame.rows - 1),
            col = std::clamp(strongest.peak_col, 1, frame.cols - 1);
  std::vector<FlaggedSite> sites;
  for (const Tile& tile : TilesAround(frame, row, col, 400)) {
    const auto part = detector->Detect(stack, tile, 0.5);
    ASSERT_TRUE(part.ok()) << part.status();
    sites.insert(sites.end(), part->sites.begin(), part->sites.end());
  }
  EXPECT_EQ(Keys(sites), Keys(whole->sites));
}

TEST(Detector, ProbabilityOfOnePairIsMissingWhereThePairIs) {
  const auto detector = LoadDetector(RandomModels(), {});
  const sim::ObservedStack stack(SmallScene(61, 83, 3));
  PairRaster pair = *stack.ReadPair(0, stack.track().grid.frame());
  for (int row = 0; row < 20; ++row) std::fill_n(&pair.phase_rad(row, 0), 83, kMissing);
  const auto probability = detector->Probability(pair);
  ASSERT_TRUE(probability.ok()) << probability.status();
  ASSERT_EQ(probability->rows, 61);
  ASSERT_EQ(probability->cols, 83);
  int present = 0;
  for (int row = 0; row < 61; ++row) {
    for (int col = 0; col < 83; ++col) {
      const float value = (*probability)(row, col);
      ASSERT_TRUE(std::isnan(value) || !std::isnan(pair.phase_rad(row, col)));
      if (std::isnan(value)) continue;
      ++present;
      ASSERT_TRUE(value >= 0.0F && value <= 1.0F);
    }
  }
  EXPECT_GT(present, 2000);
  pair.coherence = Array2<float>();  // then it is estimated
  EXPECT_TRUE(detector->Probability(pair).ok());
}

}  // namespace
}  // namespace fringewatch::detector
