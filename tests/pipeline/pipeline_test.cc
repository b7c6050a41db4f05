/// The whole pipeline in one process, on worlds of a few lines: a simulated stack goes in, sites come out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "common/sim/scene.h"
#include "services/cli/local_run.h"
#include "tests/support/seed.h"

namespace fringewatch::cli {
namespace {

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

scheduler::RunSpec SpecOf(const StackReader& stack, int tile_px) {
  scheduler::RunSpec spec;
  spec.track_identity = scheduler::TrackIdentity(stack.track());
  spec.version = "test";
  spec.tile_px = tile_px;
  return spec;
}

const TaskProgress kSilent = [](const std::string&, int, int) {};
const auto kNeverStop = [] { return false; };

LocalRun RunWorld(const sim::SimulatedStack& stack, Store& store, int tile_px = 1024) {
  const Stages stages{stack, *Shipped().detector, *Shipped().unwrapper, store};
  auto run = RunInOneProcess(SpecOf(stack, tile_px), stages, kSilent, kNeverStop);
  EXPECT_TRUE(run.ok()) << MessageOf(run.status());
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
  const sim::SimulatedStack stack(World(Seed(), 2));
  const auto store = OpenMemoryStore();
  const LocalRun run = RunWorld(stack, *store);
  EXPECT_EQ(run.progress.state, scheduler::RunState::kSucceeded);
  ASSERT_EQ(run.sites.size(), stack.scene().sites().size());
  for (const sim::TrueSite& truth : stack.scene().sites()) {
    int hits = 0;
    for (const results::SiteRecord& site : run.sites) {
      if (!site.flagged.box.Contains(static_cast<int>(truth.row), static_cast<int>(truth.col))) continue;
      ++hits;
      EXPECT_TRUE(site.has_series) << site.failure;
      EXPECT_NEAR(LargestVelocity(site) / truth.peak_rate_m_per_yr, 1.0, 0.15);
    }
    EXPECT_EQ(hits, 1) << "site at row " << truth.row << " col " << truth.col;
  }
}

TEST(Pipeline, QuietGroundGivesNoSite) {
  const sim::SimulatedStack stack(World(Seed() + 1, 0));
  const auto store = OpenMemoryStore();
  const LocalRun run = RunWorld(stack, *store);
  EXPECT_EQ(run.progress.state, scheduler::RunState::kSucceeded);
  EXPECT_THAT(run.sites, testing::IsEmpty());
  EXPECT_EQ(run.pixels_unwrapped, 0);
}

TEST(Pipeline, AnInterruptedRunContinuesToTheSameArtifacts) {
  const sim::SimulatedStack stack(World(Seed(), 2));
  const auto undisturbed = OpenMemoryStore(), disturbed = OpenMemoryStore();
  RunWorld(stack, *undisturbed, 192);
  const Stages stages{stack, *Shipped().detector, *Shipped().unwrapper, *disturbed};
  // Stopped before every second task; each attempt gets one task further with what the last one left.
  int restarts = 0;
  bool finished = false;
  while (!finished && restarts < 100) {
    const size_t before = disturbed->List("")->size();
    const auto run =
        RunInOneProcess(SpecOf(stack, 192), stages, kSilent, [&] { return disturbed->List("")->size() > before; });
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
