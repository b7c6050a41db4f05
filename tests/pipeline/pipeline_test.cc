/// The whole pipeline in one process, on worlds of a few lines: a simulated stack goes in, sites come out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "common/sim/scene.h"
#include "services/cli/local_run.h"
#include "services/scheduler/app/plan_run.h"
#include "tests/support/seed.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch::cli {
namespace {

const std::string kCompute = nn::ResolveDevice("cpu", "auto")->Kind();

/// The networks that ship, on the CPU; loaded once.
struct Networks {
  std::unique_ptr<detector::Detector> detector;
  std::unique_ptr<unwrapper::Unwrapper> unwrapper;
};

Networks& Shipped() {
  static Networks* networks = [] {
    const auto device = nn::ResolveDevice("cpu", "auto");
    auto detector = detector::Detector::Load(FRINGEWATCH_MODEL_DIR, *device, {});
    auto unwrapper = unwrapper::Unwrapper::Load(FRINGEWATCH_MODEL_DIR, *device, {});
    if (!detector.ok() || !unwrapper.ok()) {
      ADD_FAILURE() << MessageOf(detector.status()) << MessageOf(unwrapper.status());
      std::abort();
    }
    return new Networks{*std::move(detector), *std::move(unwrapper)};
  }();
  return *networks;
}

uint64_t Seed() { return TestSeed(20240901); }

/// A small quiet world with `sites` clear bowls.
sim::SceneConfig World(uint64_t seed, int sites) {
  sim::SceneConfig config;
  config.seed = seed;
  config.rows = config.cols = 320;
  config.epochs = 8;
  config.pairs = 16;
  config.sites = {.count = sites,
                  .kinds = {sim::SourceKind::kBowl},
                  .radius_min_m = 350,
                  .radius_max_m = 600,
                  .rate_min_m_per_yr = 0.3,
                  .rate_max_m_per_yr = 0.6};
  config.coherence_min = 0.6;
  config.coherence_max = 0.85;
  config.water_fraction = 0;
  return config;
}

const TaskProgress kSilent = [](const std::string&, int, int) {};
const auto kNeverStop = [] { return false; };

using Stack = std::shared_ptr<const sim::SimulatedStack>;

/// The run of a world, as `fringewatch run` would open it.
std::shared_ptr<const OpenRun> RunOf(const Stack& stack, int tile_px) {
  const auto record =
      scheduler::RecordOf(stack->track(), {}, {.tile_px = tile_px},
                          {kCompute, Shipped().detector->model_hashes(), Shipped().unwrapper->model_hashes()});
  EXPECT_THAT(record, IsOk());
  return std::make_shared<OpenRun>(OpenRun{*record, stack});
}

StatusOr<LocalRun> TryWorld(const Stack& stack, Store& store, int tile_px, const std::function<bool()>& stop) {
  const TemporaryFolder folder;
  const Stages stages{*Shipped().detector, *Shipped().unwrapper, store, kCompute};
  auto run = RunInOneProcess(RunOf(stack, tile_px), stages, folder / "run", kSilent, stop);
  EXPECT_EQ(std::filesystem::exists(folder / "run/manifest.json"), run.ok());
  return run;
}

LocalRun RunWorld(const Stack& stack, Store& store, int tile_px = 1024) {
  auto run = TryWorld(stack, store, tile_px, kNeverStop);
  EXPECT_THAT(run, IsOk());
  return run.ok() ? *std::move(run) : LocalRun{};
}

double LargestVelocity(const results::SiteRecord& site) {
  double largest = 0;
  for (const float v : site.series.velocity_m_per_yr.values) {
    if (!std::isnan(v) && std::abs(v) > std::abs(largest)) largest = v;
  }
  return largest;
}

TEST(Pipeline, EachSinkingBowlGivesOneMeasuredSite) {
  const auto stack = std::make_shared<const sim::SimulatedStack>(World(Seed(), 2));
  const auto store = OpenMemoryStore();
  const LocalRun run = RunWorld(stack, *store);
  EXPECT_EQ(run.state, scheduler::RunState::kSucceeded);
  ASSERT_EQ(run.inventory.sites.size(), stack->scene().sites().size());
  for (const sim::TrueSite& truth : stack->scene().sites()) {
    int hits = 0;
    for (const results::SiteRecord& site : run.inventory.sites) {
      if (!site.flagged.box.Contains(static_cast<int>(truth.row), static_cast<int>(truth.col))) continue;
      ++hits;
      EXPECT_TRUE(site.has_series) << site.failure;
      EXPECT_NEAR(LargestVelocity(site) / truth.peak_rate_m_per_yr, 1.0, 0.15);
    }
    EXPECT_EQ(hits, 1) << "site at row " << truth.row << " col " << truth.col;
  }
}

TEST(Pipeline, QuietGroundGivesNoSite) {
  const auto stack = std::make_shared<const sim::SimulatedStack>(World(Seed() + 1, 0));
  const auto store = OpenMemoryStore();
  const LocalRun run = RunWorld(stack, *store);
  EXPECT_EQ(run.state, scheduler::RunState::kSucceeded);
  EXPECT_THAT(run.inventory.sites, testing::IsEmpty());
  EXPECT_EQ(run.facts.pixels_unwrapped, 0);
}

TEST(Pipeline, AnInterruptedRunContinuesToTheSameArtifacts) {
  const auto stack = std::make_shared<const sim::SimulatedStack>(World(Seed(), 2));
  const auto undisturbed = OpenMemoryStore(), disturbed = OpenMemoryStore();
  RunWorld(stack, *undisturbed, 192);
  // Stopped before every second task; each attempt gets one task further with what the last one left.
  int restarts = 0;
  bool finished = false;
  while (!finished && restarts < 100) {
    const size_t before = disturbed->List("")->size();
    const auto run = TryWorld(stack, *disturbed, 192, [&] { return disturbed->List("")->size() > before; });
    finished = run.ok();
    if (!finished) {
      EXPECT_EQ(run.status().code(), CodeOf(Fault::kInterrupted));
    }
    ++restarts;
  }
  EXPECT_TRUE(finished);
  EXPECT_GT(restarts, 2);
  const std::vector<std::string> keys = *undisturbed->List("");
  ASSERT_EQ(*disturbed->List(""), keys);
  for (const std::string& key : keys) EXPECT_EQ(*disturbed->Get(key), *undisturbed->Get(key)) << key;
}

}  // namespace
}  // namespace fringewatch::cli
