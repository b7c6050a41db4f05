#include "services/detector/app/detect_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/base/version.h"
#include "common/nn/model_file.h"
#include "common/queue/task_id.h"
#include "common/sim/scene.h"
#include "common/wire/task_json.h"
#include "services/detector/core/ddnet.h"
#include "services/detector/core/stack_net.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch::detector {
namespace {

constexpr uint64_t kSeed = 31;
constexpr char kRun[] = "0123456789ab";

/// A simulated stack that can be made unreadable.
class FragileStack final : public StackReader {
 public:
  explicit FragileStack(const sim::SceneConfig& config) : inner_(config) {}
  [[nodiscard]] const Track& track() const override { return inner_.track(); }
  [[nodiscard]] StatusOr<PairRaster> ReadPair(int pair, const Window& window) const override {
    if (broken) return Error(Fault::kRasterTruncated, "b.tif is cut at row 3");
    return inner_.ReadPair(pair, window);
  }
  [[nodiscard]] StatusOr<Array2<float>> ReadHeight(const Window& window) const override {
    return inner_.ReadHeight(window);
  }
  bool broken = false;

 private:
  sim::SimulatedStack inner_;
};

/// One run, as a worker has it open.
class OneRun final : public OpenRuns {
 public:
  StatusOr<std::shared_ptr<const OpenRun>> Open(const std::string&) override {
    return std::shared_ptr<const OpenRun>(run);
  }
  void Drop(const std::string&) override { ++drops; }
  std::shared_ptr<OpenRun> run = std::make_shared<OpenRun>();
  int drops = 0;
};

class DetectTask : public testing::Test {
 protected:
  void SetUp() override {
    torch::manual_seed(kSeed);
    nn::ModelCard ddnet{.name = kDdNetName, .architecture = DdNetShape().ToString()};
    nn::ModelCard stack_net{.name = kStackNetName, .architecture = StackNetShape().ToString()};
    ASSERT_THAT(nn::SaveModel(folder_ / "models", *MakeDdNet(), ddnet), IsOk());
    ASSERT_THAT(nn::SaveModel(folder_ / "models", *MakeStackNet(), stack_net), IsOk());
    const nn::Device device = *nn::ResolveDevice("cpu", "fp32");
    DetectOptions options;
    options.outline_threshold = 0.0;  // random weights know no scale: everything may belong to a site
    auto detector = Detector::Load(folder_ / "models", device, options);
    ASSERT_THAT(detector, IsOk());
    detector_ = *std::move(detector);
    auto store = OpenLocalStore(folder_ / "store");
    ASSERT_THAT(store, IsOk());
    store_ = *std::move(store);

    sim::SceneConfig config;
    config.seed = kSeed;
    config.rows = config.cols = 64;
    config.epochs = 4;
    config.pairs = 3;
    stack_ = std::make_shared<FragileStack>(config);
    RunRecord& record = runs_.run->record;
    record.run_id = kRun;
    record.threshold = 0.001;
    record.compute = device.Kind();
    record.detector_models = detector_->model_hashes();
    record.version = kVersion;
    runs_.run->stack = stack_;
    handler_ = std::make_unique<DetectTaskHandler>(runs_, *detector_, *store_, device.Kind(),
                                                   [this](const TileDetections&) { ++computed_; });
  }

  [[nodiscard]] Task TileTask(const std::string& id) const {
    const Window frame = stack_->track().grid.frame();
    return {.task_id = id,
            .run_id = kRun,
            .kind = "detect",
            .priority = Priority::kEmergency,
            .payload = wire::TileToJson({frame, frame})};
  }

  TemporaryFolder folder_;
  std::unique_ptr<Detector> detector_;
  std::unique_ptr<Store> store_;
  std::shared_ptr<FragileStack> stack_;
  OneRun runs_;
  std::unique_ptr<DetectTaskHandler> handler_;
  int computed_ = 0;
};

TEST_F(DetectTask, LeavesAnAnswerAndAPatchTaskPerSite) {
  const auto patches = handler_->Handle(TileTask("t1"));
  ASSERT_THAT(patches, IsOk());
  const auto answer = wire::DetectAnswerFromJson(store_->Get(DetectKey("t1")).value());
  ASSERT_THAT(answer, IsOk());
  EXPECT_GT(answer->pixels_scanned, 0);
  ASSERT_FALSE(answer->sites.empty());
  ASSERT_EQ(patches->size(), answer->sites.size());
  const Task& patch = patches->front();
  EXPECT_EQ(patch.task_id, FollowUpId("t1", "patch", 0));
  EXPECT_EQ(patch.run_id, kRun);
  EXPECT_EQ(patch.kind, "patch");
  EXPECT_EQ(patch.priority, Priority::kEmergency);
  EXPECT_EQ(wire::PatchOrderFromJson(patch.payload)->detect_key, DetectKey("t1"));
}

TEST_F(DetectTask, DoneTwiceItIsComputedOnce) {
  const auto first = handler_->Handle(TileTask("t1")), second = handler_->Handle(TileTask("t1"));
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->size(), first->size());
  EXPECT_EQ(computed_, 1);
}

TEST_F(DetectTask, TheThresholdIsThatOfTheRun) {
  runs_.run->record.threshold = 1.0;  // no evidence reaches it
  const auto none = handler_->Handle(TileTask("t2"));
  ASSERT_THAT(none, IsOk());
  EXPECT_THAT(*none, testing::IsEmpty());
}

TEST_F(DetectTask, AWorkerThatDoesNotFitLeavesTheTaskToOthers) {
  runs_.run->record.compute = "cuda bf16";
  const auto compute = handler_->Handle(TileTask("t1"));
  EXPECT_THAT(compute, IsFault(Fault::kWorkerUnfit));
  EXPECT_THAT(MessageOf(compute.status()),
              testing::AllOf(testing::HasSubstr("cuda bf16"), testing::HasSubstr("cpu fp32")));
  runs_.run->record.compute = "cpu fp32";
  runs_.run->record.detector_models = {"another"};
  EXPECT_THAT(handler_->Handle(TileTask("t1")), IsFault(Fault::kWorkerUnfit));
  EXPECT_EQ(computed_, 0);
}

TEST_F(DetectTask, AFileThatIsMendedIsReadAgain) {
  stack_->broken = true;
  EXPECT_THAT(handler_->Handle(TileTask("t1")), IsFault(Fault::kRasterTruncated));
  EXPECT_EQ(runs_.drops, 1);
  EXPECT_FALSE(store_->Exists(DetectKey("t1")));
  stack_->broken = false;
  EXPECT_THAT(handler_->Handle(TileTask("t1")), IsOk());
}

TEST_F(DetectTask, ADamagedAnswerIsAFailureThatNamesIt) {
  ASSERT_THAT(handler_->Handle(TileTask("t1")), IsOk());
  const std::string file = folder_ / ("store/" + DetectKey("t1"));
  ASSERT_TRUE(std::filesystem::exists(file));
  std::ofstream(file, std::ios::app) << "x";
  const auto damaged = handler_->Handle(TileTask("t1"));
  EXPECT_THAT(damaged, IsFault(Fault::kChecksumMismatch));
  EXPECT_THAT(MessageOf(damaged.status()), testing::HasSubstr(file));
  std::filesystem::remove(file);
  EXPECT_THAT(handler_->Handle(TileTask("t1")), IsOk());
  EXPECT_EQ(computed_, 2);
}

}  // namespace
}  // namespace fringewatch::detector
