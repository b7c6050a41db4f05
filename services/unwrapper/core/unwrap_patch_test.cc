// The whole stage on simulated ground. The network is untrained: the worst prior there is must do no harm.
#include "services/unwrapper/core/unwrap_patch.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <mutex>

#include "common/nn/model_file.h"
#include "common/raster/phase.h"
#include "common/sim/scene.h"
#include "services/unwrapper/core/punet.h"
#include "services/unwrapper/core/test_rasters.h"

namespace fringewatch::unwrapper {
namespace {

constexpr uint64_t kSeed = 31;

class UnwrapperTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    dir_ = std::filesystem::temp_directory_path() / fmt::format("fringewatch_unwrapper_{}", ::getpid());
    std::filesystem::create_directories(dir_);
    torch::manual_seed(kSeed);
    PuNet net;
    nn::ModelCard card{.name = kPuNetName, .architecture = net->shape().ToString()};
    ASSERT_TRUE(nn::SaveModel(dir_, *net, card).ok());
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(dir_); }

  static std::unique_ptr<Unwrapper> Load(int threads) {
    auto loaded = Unwrapper::Load(dir_, nn::Device{}, {.threads = threads});
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return std::move(*loaded);
  }
  static inline std::filesystem::path dir_;
};

sim::SceneConfig OneBowl(double rate_m_per_yr) {
  sim::SceneConfig config;
  config.seed = kSeed;
  config.rows = config.cols = 128;
  config.epochs = 9;
  config.pairs = 21;
  config.sites = {.count = 1,
                  .kinds = {sim::SourceKind::kBowl},
                  .radius_min_m = 300,
                  .radius_max_m = 350,
                  .rate_min_m_per_yr = rate_m_per_yr,
                  .rate_max_m_per_yr = rate_m_per_yr * 1.01};
  config.coherence_min = 0.5;
  config.water_fraction = 0;
  config.vegetation_fraction = 0.1;
  config.turbulence_rad = 0.5;
  return config;
}

FlaggedSite SiteOf(const sim::Scene& scene) {
  const sim::TrueSite& truth = scene.sites().front();
  FlaggedSite site;
  site.outline = truth.outline;
  site.box = truth.box;
  site.peak_row = static_cast<int>(truth.row);
  site.peak_col = static_cast<int>(truth.col);
  return site;
}

TEST_F(UnwrapperTest, PatchWindowHasAMargin) {
  const auto unwrapper = Load(1);
  FlaggedSite site;
  site.box = {100, 100, 10, 60};
  EXPECT_EQ(unwrapper->PatchWindow(site, {0, 0, 500, 500}), (Window{70, 70, 70, 120}));
  EXPECT_EQ(unwrapper->PatchWindow(site, {0, 0, 130, 180}), (Window{70, 70, 60, 110}));
  site.box = {100, 100, 4, 4};
  EXPECT_EQ(unwrapper->PatchWindow(site, {0, 0, 500, 500}), (Window{84, 84, 36, 36}));
}

TEST_F(UnwrapperTest, MeasuresABowlAsItMoves) {
  const sim::SimulatedStack stack(OneBowl(0.9));
  const FlaggedSite site = SiteOf(stack.scene());
  const auto unwrapper = Load(1);
  const auto start = std::chrono::steady_clock::now();
  const StatusOr<SiteSeries> series = unwrapper->Unwrap(stack, site);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  ASSERT_TRUE(series.ok()) << series.status();
  const Window window = series->window;
  std::printf("%zu pairs of %d x %d: %.0f ms\n", stack.track().pairs.size(), window.rows, window.cols, seconds * 1e3);
  EXPECT_EQ(series->displacement_m.planes, 9);
  EXPECT_GT(series->reference_pixels, 50);
  EXPECT_GT(series->pixels_unwrapped, 0.9 * 21 * static_cast<double>(window.pixels()));
  const Array2<float> truth = stack.scene().Velocity(window);
  double error = 0, moved = 0;
  int pixels = 0;
  for (size_t i = 0; i < truth.size(); ++i) {
    if ((series->flags.values[i] & (kOutsideSite | kNoData)) != 0) continue;
    EXPECT_EQ(series->flags.values[i] & kTooFast, 0);
    error += std::abs(series->velocity_m_per_yr.values[i] - truth.values[i]);
    moved += std::abs(truth.values[i]);
    ++pixels;
  }
  std::printf("%d site pixels: mean |velocity| %.3f m/yr, mean error %.4f m/yr\n", pixels, moved / pixels,
              error / pixels);
  EXPECT_GT(pixels, 100);
  EXPECT_LT(error, 0.05 * moved);
}

TEST_F(UnwrapperTest, DoesNotDependOnThreads) {
  const sim::SimulatedStack stack(OneBowl(0.5));
  const FlaggedSite site = SiteOf(stack.scene());
  const auto one = Load(1)->Unwrap(stack, site), two = Load(2)->Unwrap(stack, site);
  ASSERT_TRUE(one.ok() && two.ok());
  const auto same = [](const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
  };
  EXPECT_TRUE(same(one->displacement_m.values, two->displacement_m.values));
  EXPECT_TRUE(same(one->velocity_std_m_per_yr.values, two->velocity_std_m_per_yr.values));
  EXPECT_EQ(one->flags.values, two->flags.values);
}

TEST_F(UnwrapperTest, DoesNotDependOnTheBatch) {
  const sim::SimulatedStack stack(OneBowl(0.5));
  const FlaggedSite site = SiteOf(stack.scene());
  const auto alone = Unwrapper::Load(dir_, nn::Device{}, {.batch_px = 1, .threads = 2});
  ASSERT_TRUE(alone.ok());
  const auto one = (*alone)->Unwrap(stack, site), many = Load(2)->Unwrap(stack, site);
  ASSERT_TRUE(one.ok() && many.ok());
  EXPECT_EQ(one->displacement_m.values.size(), many->displacement_m.values.size());
  EXPECT_EQ(std::memcmp(one->displacement_m.values.data(), many->displacement_m.values.data(),
                        one->displacement_m.values.size() * sizeof(float)),
            0);
}

TEST_F(UnwrapperTest, TellsOfEveryCall) {
  const sim::SimulatedStack stack(OneBowl(2.5));  // fast enough for the network to be asked
  std::mutex mutex;
  int rasters = 0;
  UnwrapOptions options{.threads = 2};
  options.on_call = [&](const nn::NetworkCall& call) {
    const std::lock_guard lock(mutex);
    rasters += call.rasters;
    EXPECT_EQ(call.network, kPuNetName);
    EXPECT_GT(call.seconds, 0.0);
  };
  const auto unwrapper = Unwrapper::Load(dir_, nn::Device{}, options);
  ASSERT_TRUE(unwrapper.ok());
  ASSERT_TRUE((*unwrapper)->WarmUp().ok());
  EXPECT_EQ(rasters, 0);  // not work
  ASSERT_TRUE((*unwrapper)->Unwrap(stack, SiteOf(stack.scene())).ok());
  EXPECT_GT(rasters, 0);
}

TEST_F(UnwrapperTest, HashesAreThoseOfTheCards) { EXPECT_EQ(Load(1)->model_hashes(), *nn::UnwrapperModelHashes(dir_)); }

TEST_F(UnwrapperTest, SaysWhenAPatchHasNoData) {
  class NoData final : public StackReader {
   public:
    NoData() {
      track_.grid.rows = track_.grid.cols = 60;
      track_.wavelength_m = 0.056;
      track_.pairs = {{Date{18000}, Date{18012}}, {Date{18012}, Date{18024}}};
    }
    const Track& track() const override { return track_; }
    StatusOr<PairRaster> ReadPair(int, const Window& window) const override {
      const Array2<float> missing(window.rows, window.cols, kMissing);
      return PairRaster{missing, missing};
    }
    StatusOr<Array2<float>> ReadHeight(const Window&) const override { return Array2<float>(); }

   private:
    Track track_;
  };
  FlaggedSite site;
  site.box = {20, 20, 10, 10};
  site.outline = {{20, 20}, {30, 20}, {30, 30}, {20, 30}};
  const auto series = Load(1)->Unwrap(NoData(), site);
  ASSERT_FALSE(series.ok());
  EXPECT_NE(MessageOf(series.status()).find("FW-1008"), std::string::npos) << series.status();
}

TEST_F(UnwrapperTest, OnePairOfAnySizeIsCongruentAndRight) {
  Array2<float> truth = Bowl(300, 410, 90, 100, 7.0, 2.5);
  const Array2<float> other = Bowl(300, 410, 190, 205, 5.0, 4.0);  // across the seams of the network's tiles
  for (size_t i = 0; i < truth.size(); ++i) truth.values[i] += other.values[i];
  const PairRaster pair = Speckled(truth, 0.6, kSeed);
  const auto start = std::chrono::steady_clock::now();
  const StatusOr<UnwrappedPair> unwrapped = Load(1)->UnwrapPair(pair);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  ASSERT_TRUE(unwrapped.ok()) << unwrapped.status();
  std::printf("300 x 410: %.2f s, %.2f s per megapixel\n", seconds, seconds / 0.123);
  EXPECT_LE(Compare(unwrapped->phase_rad, truth).wrong_cycles, 5);
  for (size_t i = 0; i < truth.size(); ++i) {
    ASSERT_NEAR(Wrap(unwrapped->phase_rad.values[i] - pair.phase_rad.values[i]), 0.0F, 1e-4F);
    ASSERT_GE(unwrapped->confidence.values[i], 0.0F);
    ASSERT_LE(unwrapped->confidence.values[i], 1.0F);
  }
  EXPECT_EQ(unwrapped->component(10, 10), 1.0F);
  for (const float cycles : unwrapped->disputed_cycles.values) ASSERT_EQ(cycles, std::nearbyint(cycles));
}

TEST(UnwrapperLoad, RefusesAMissingModel) {
  const auto loaded = Unwrapper::Load("/nonexistent", nn::Device{}, {});
  ASSERT_FALSE(loaded.ok());
  EXPECT_NE(MessageOf(loaded.status()).find("FW-3003"), std::string::npos) << loaded.status();
}

}  // namespace
}  // namespace fringewatch::unwrapper
