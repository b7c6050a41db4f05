#include "services/unwrapper/app/patch_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/base/version.h"
#include "common/io/mintpy_file.h"
#include "common/nn/model_file.h"
#include "common/queue/task_id.h"
#include "common/sim/scene.h"
#include "services/unwrapper/core/punet.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch::unwrapper {
namespace {

constexpr uint64_t kSeed = 31;
constexpr char kRun[] = "0123456789ab";

sim::SceneConfig OneBowl() {
  sim::SceneConfig config;
  config.seed = kSeed;
  config.rows = config.cols = 96;
  config.epochs = 6;
  config.pairs = 10;
  config.sites = {.count = 1,
                  .kinds = {sim::SourceKind::kBowl},
                  .radius_min_m = 300,
                  .radius_max_m = 350,
                  .rate_min_m_per_yr = 0.3,
                  .rate_max_m_per_yr = 0.31};
  config.coherence_min = 0.6;
  config.water_fraction = 0;
  return config;
}

class PatchTask : public testing::Test {
 protected:
  void SetUp() override {
    torch::manual_seed(kSeed);
    PuNet net;
    nn::ModelCard card{.name = kPuNetName, .architecture = net->shape().ToString()};
    ASSERT_THAT(nn::SaveModel(folder_ / "models", *net, card), IsOk());
    const nn::Device device = *nn::ResolveDevice("cpu", "fp32");
    auto unwrapper = Unwrapper::Load(folder_ / "models", device, {.threads = 1});
    ASSERT_THAT(unwrapper, IsOk());
    unwrapper_ = *std::move(unwrapper);
    auto store = OpenLocalStore(folder_ / "store");
    ASSERT_THAT(store, IsOk());
    store_ = *std::move(store);

    const auto stack = std::make_shared<const sim::SimulatedStack>(OneBowl());
    const sim::TrueSite& truth = stack->scene().sites().front();
    FlaggedSite site{.outline = truth.outline, .box = truth.box};
    site.peak_row = static_cast<int>(truth.row);
    site.peak_col = static_cast<int>(truth.col);
    ASSERT_THAT(store_->PutIfAbsent(DetectKey("d1"), wire::DetectAnswerToJson({{site}, 1})), IsOk());

    run_ = std::make_shared<OpenRun>();
    run_->record.run_id = kRun;
    run_->record.compute = device.Kind();
    run_->record.unwrapper_models = unwrapper_->model_hashes();
    run_->record.version = kVersion;
    run_->stack = stack;
    runs_ = OnlyRun(run_);
    handler_ = std::make_unique<PatchTaskHandler>(*runs_, *unwrapper_, *store_, device.Kind(),
                                                  [this](const SiteSeries&) { ++computed_; });
  }

  [[nodiscard]] static Task TaskOf(const std::string& detect_key, int site) {
    return {.task_id = "p1",
            .run_id = kRun,
            .kind = "patch",
            .priority = Priority::kEmergency,
            .payload = wire::PatchOrderToJson({detect_key, site})};
  }
  [[nodiscard]] std::string File(const std::string& key) const { return folder_ / ("store/" + key); }

  TemporaryFolder folder_;
  std::unique_ptr<Unwrapper> unwrapper_;
  std::unique_ptr<Store> store_;
  std::shared_ptr<OpenRun> run_;
  std::unique_ptr<OpenRuns> runs_;
  std::unique_ptr<PatchTaskHandler> handler_;
  int computed_ = 0;
};

TEST_F(PatchTask, LeavesASiteFileAndATaskForTheResults) {
  const auto follow_ups = handler_->Handle(TaskOf(DetectKey("d1"), 0));
  ASSERT_THAT(follow_ups, IsOk());
  ASSERT_EQ(follow_ups->size(), 1U);
  const Task& site = follow_ups->front();
  EXPECT_EQ(site.task_id, FollowUpId("p1", "site", 0));
  EXPECT_EQ(site.run_id, kRun);
  EXPECT_EQ(site.kind, "site");
  EXPECT_EQ(site.priority, Priority::kEmergency);
  const auto result = wire::SiteResultFromJson(site.payload);
  ASSERT_THAT(result, IsOk());
  const auto series = io::DecodeSiteFile(store_->Get(result->series_key).value());
  ASSERT_THAT(series, IsOk());
  EXPECT_EQ(series->dates.size(), 6U);
  EXPECT_THAT(handler_->Handle(TaskOf(DetectKey("d1"), 0)), IsOk());
  EXPECT_EQ(computed_, 1);
}

TEST_F(PatchTask, AWorkerThatDoesNotFitLeavesTheTaskToOthers) {
  run_->record.unwrapper_models = {"another"};
  EXPECT_THAT(handler_->Handle(TaskOf(DetectKey("d1"), 0)), IsFault(Fault::kWorkerUnfit));
  run_->record.unwrapper_models = unwrapper_->model_hashes();
  run_->record.compute = "cpu bf16";
  EXPECT_THAT(handler_->Handle(TaskOf(DetectKey("d1"), 0)), IsFault(Fault::kWorkerUnfit));
  EXPECT_EQ(computed_, 0);
}

TEST_F(PatchTask, DamagedArtifactsAreFailuresThatNameThem) {
  ASSERT_THAT(handler_->Handle(TaskOf(DetectKey("d1"), 0)), IsOk());
  std::ofstream(File(PatchKey("p1")), std::ios::app) << "x";
  const auto damaged = handler_->Handle(TaskOf(DetectKey("d1"), 0));
  EXPECT_THAT(damaged, IsFault(Fault::kChecksumMismatch));
  EXPECT_THAT(MessageOf(damaged.status()), testing::HasSubstr(File(PatchKey("p1"))));

  std::filesystem::remove(File(PatchKey("p1")));
  EXPECT_THAT(handler_->Handle(TaskOf(DetectKey("d1"), 0)), IsOk());
  EXPECT_EQ(computed_, 2);

  std::filesystem::remove(File(PatchKey("p1")));
  std::ofstream(File(DetectKey("d1")), std::ios::app) << "x";
  EXPECT_THAT(handler_->Handle(TaskOf(DetectKey("d1"), 0)), IsFault(Fault::kChecksumMismatch));
}

TEST_F(PatchTask, OrdersForWhatIsNotThereFail) {
  EXPECT_THAT(handler_->Handle(TaskOf(DetectKey("nobody"), 0)), IsFault(Fault::kNotReadable));
  EXPECT_THAT(handler_->Handle(TaskOf(DetectKey("d1"), 7)), IsFault(Fault::kInternal));
}

}  // namespace
}  // namespace fringewatch::unwrapper
