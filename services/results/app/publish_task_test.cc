// Publishing: from what lies in the store to products and inventory; again, twice at once, left behind, broken off.
#include "services/results/app/publish_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "common/base/hash.h"
#include "common/io/file_replace.h"
#include "common/io/vsi.h"
#include "services/results/app/product_folder.h"
#include "services/results/app/site_task.h"
#include "services/results/app/test_stored_run.h"
#include "services/results/app/write_products.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch::results {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

/// A store whose user falls asleep: others work between what it reads and what it does next.
class SleepyStore final : public Store {
 public:
  explicit SleepyStore(Store& store) : store_(store) {}
  std::function<void(int count)> after_list, before_marker;

  Status PutIfAbsent(const std::string& key, const std::string& bytes) override {
    if (before_marker && key.find("/published/") != std::string::npos) before_marker(++markers_);
    return store_.PutIfAbsent(key, bytes);
  }
  StatusOr<std::string> Get(const std::string& key) const override { return store_.Get(key); }
  bool Exists(const std::string& key) const override { return store_.Exists(key); }
  StatusOr<std::vector<std::string>> List(const std::string& prefix) const override {
    auto keys = store_.List(prefix);
    if (after_list) after_list(++lists_);
    return keys;
  }

 private:
  Store& store_;
  mutable int lists_ = 0;
  int markers_ = 0;
};

class PublishTaskTest : public testing::Test {
 protected:
  PublishTaskHandler Handler(const std::string& root) {
    return PublishTaskHandler(*stored_.runs, *store_, inventory_.get(),
                              [root](const std::string& run_id) { return root + "/" + run_id; });
  }
  Status Publish(const RunOutcome& outcome) {
    PublishTaskHandler handler = Handler(products_);
    return handler.Handle(stored_.PublishTask(outcome)).status();
  }
  Status PublishFrom(Store& store, const RunOutcome& outcome) {
    PublishTaskHandler handler(*stored_.runs, store, inventory_.get(),
                               [this](const std::string& run_id) { return products_ + "/" + run_id; });
    return handler.Handle(stored_.PublishTask(outcome)).status();
  }
  /// What is published of the run when nothing comes in between.
  std::string ManifestOf(const RunOutcome& outcome) {
    auto store = OpenMemoryStore();
    const StoredRun other(*store);
    PublishTaskHandler handler(*other.runs, *store, nullptr, [this](const std::string&) { return folder_ / "alone"; });
    EXPECT_THAT(handler.Handle(other.PublishTask(outcome)).status(), IsOk());
    return io::ReadWholeFile(folder_ / "alone/manifest.json").value_or("none");
  }
  std::string Manifest() const { return io::ReadWholeFile(folder_of_run_ + "/manifest.json").value_or("none"); }
  /// Every product is there and has the hash that the manifest states.
  void ExpectWhole() const {
    const auto manifest = nlohmann::json::parse(Manifest());
    for (const auto& product : manifest["products"]) {
      const std::string path = folder_of_run_ + "/" + product["path"].get<std::string>();
      const auto bytes = io::ReadWholeFile(path);
      ASSERT_THAT(bytes, IsOk());
      EXPECT_EQ(Sha256(*bytes), product["sha256"].get<std::string>()) << path;
    }
  }
  std::vector<std::string> InProducts() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(products_)) names.push_back(entry.path().filename().string());
    return names;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Store> store_ = OpenMemoryStore();
  std::unique_ptr<SiteInventory> inventory_ = OpenMemoryInventory();
  StoredRun stored_{*store_};
  std::string products_ = folder_ / "products";
  std::string folder_of_run_ = products_ + "/" + stored_.run_id();
};

TEST_F(PublishTaskTest, ProductsAreThoseOfTheSitesAndFacts) {
  ASSERT_THAT(Publish(StoredRun::Done()), IsOk());
  ExpectWhole();
  RunFacts facts{.run_id = stored_.run_id(),
                 .version = "0.1.0",
                 .model_hashes = {std::string(64, 'a'), std::string(64, 'b')},
                 .device = "cpu bf16",
                 .frame_pixels = 400 * 600,
                 .pairs = static_cast<int>(stored_.track().pairs.size()),
                 .pixels_scanned = 2'000'000,
                 .patch_pixels = PatchPixels(stored_.sites),
                 .failed_tasks = {},
                 .request_json = R"({"track":"005A"})"};
  for (const SiteRecord& site : stored_.sites)
    facts.pixels_unwrapped += static_cast<long>(site.series.pixels_unwrapped);
  ASSERT_THAT(WriteProducts(folder_ / "direct", *stored_.run->stack, stored_.sites, facts), IsOk());
  EXPECT_EQ(Manifest(), *io::ReadWholeFile(folder_ / "direct/manifest.json"));
}

TEST_F(PublishTaskTest, ADeadPatchIsASiteWithoutSeries) {
  RunOutcome outcome = StoredRun::OneDead();
  outcome.done_detect_ids = {"tile-1"};
  outcome.dead.insert(outcome.dead.begin(), {"tile-2", "detect", "", "FW-2001 truncated"});
  ASSERT_THAT(Publish(outcome), IsOk());
  const auto manifest = nlohmann::json::parse(Manifest());
  EXPECT_EQ(manifest["sites"], 2);
  ASSERT_EQ(manifest["sites_without_series"].size(), 1U);
  EXPECT_EQ(manifest["sites_without_series"][0]["reason"], "FW-1005 no coherent ground");
  EXPECT_EQ(manifest["failed_tasks"][0], "detect tile-2: FW-2001 truncated");
  EXPECT_EQ(manifest["pixels"]["scanned"], 1'000'000);
  const auto site = inventory_->Get(stored_.sites[1].site_id, "");
  ASSERT_THAT(site, IsOk());
  EXPECT_EQ(site->failure, "FW-1005 no coherent ground");
  EXPECT_EQ(site->series_key, "");
}

TEST_F(PublishTaskTest, AgainAndTwiceAtOnceLeaveOneWholeFolder) {
  ASSERT_THAT(Publish(StoredRun::Done()), IsOk());
  const std::string first = Manifest();
  const int64_t changes = inventory_->LastChange().value();
  std::vector<std::thread> replicas;
  for (int i = 0; i < 4; ++i) replicas.emplace_back([this] { EXPECT_THAT(Publish(StoredRun::Done()), IsOk()); });
  for (std::thread& replica : replicas) replica.join();
  EXPECT_EQ(Manifest(), first);
  ExpectWhole();
  EXPECT_THAT(InProducts(), ElementsAre(stored_.run_id())) << "nothing half written is left";
  EXPECT_EQ(inventory_->LastChange().value(), changes) << "equal sites are no change";
}

TEST_F(PublishTaskTest, ProductsAreNeverSeenIncomplete) {
  ASSERT_THAT(Publish(StoredRun::OneDead()), IsOk());
  std::atomic<bool> done{false};
  std::thread reader([&] {
    while (!done) EXPECT_NE(Manifest(), "none");
  });
  ASSERT_THAT(Publish(StoredRun::Done()), IsOk());
  ASSERT_THAT(Publish(StoredRun::Done()), IsOk());
  done = true;
  reader.join();
  ExpectWhole();
}

TEST_F(PublishTaskTest, WhatWasMendedReplacesWhatWasNot) {
  ASSERT_THAT(Publish(StoredRun::OneDead()), IsOk());
  const std::string partial = Manifest();
  ASSERT_THAT(Publish(StoredRun::Done()), IsOk());
  const std::string mended = Manifest();
  EXPECT_NE(mended, partial);
  EXPECT_EQ(inventory_->Get(stored_.sites[1].site_id, "")->failure, "");
  // A worker that slept since before the retry wakes up.
  ASSERT_THAT(Publish(StoredRun::OneDead()), IsOk());
  EXPECT_EQ(Manifest(), mended);
  EXPECT_EQ(inventory_->Get(stored_.sites[1].site_id, "")->failure, "");
}

TEST_F(PublishTaskTest, ASleeperMendsWhatItOverwrote) {
  const std::string mended = ManifestOf(StoredRun::Done());
  SleepyStore sleepy(*store_);
  int64_t changes = 0;
  // The second look is the one before the products take their place.
  sleepy.after_list = [&](int count) {
    if (count != 2) return;
    ASSERT_THAT(Publish(StoredRun::Done()), IsOk());
    EXPECT_EQ(Manifest(), mended);
    changes = inventory_->LastChange().value();
  };
  ASSERT_THAT(PublishFrom(sleepy, StoredRun::OneDead()), IsOk());
  EXPECT_EQ(Manifest(), mended);
  ExpectWhole();
  EXPECT_GT(changes, 0);
  EXPECT_EQ(inventory_->LastChange().value(), changes) << "the old sites never showed";
}

TEST_F(PublishTaskTest, OneThatASleeperOverwroteIsPublishedAgain) {
  const std::string mended = ManifestOf(StoredRun::Done());
  SleepyStore sleepy(*store_);
  // The sleeper puts its products and sites over these before it can know of them.
  sleepy.before_marker = [&](int count) {
    if (count != 1) return;
    ASSERT_THAT(Publish(StoredRun::OneDead()), IsOk());
    EXPECT_NE(Manifest(), mended);
  };
  ASSERT_THAT(PublishFrom(sleepy, StoredRun::Done()), IsOk());
  EXPECT_EQ(Manifest(), mended);
  EXPECT_EQ(inventory_->Get(stored_.sites[1].site_id, "")->failure, "");
}

TEST_F(PublishTaskTest, AnOutcomeThatWasNeverPublishedLeavesNoneBehind) {
  static_cast<void>(stored_.PublishTask(StoredRun::Done()));  // cancelled before it was published; a task died since
  ASSERT_THAT(Publish(StoredRun::OneDead()), IsOk());
  EXPECT_EQ(Manifest(), ManifestOf(StoredRun::OneDead()));
  EXPECT_NE(inventory_->Get(stored_.sites[1].site_id, "")->failure, "");
}

TEST_F(PublishTaskTest, ADamagedArtifactLeavesTheOldProducts) {
  ASSERT_THAT(Publish(StoredRun::OneDead()), IsOk());
  const std::string before = Manifest();
  RunOutcome outcome = StoredRun::Done();
  outcome.done_detect_ids.emplace_back("tile-3");
  EXPECT_THAT(Publish(outcome), IsFault(Fault::kNotReadable));
  EXPECT_EQ(Manifest(), before);
  EXPECT_THAT(InProducts(), ElementsAre(stored_.run_id()));
}

TEST_F(PublishTaskTest, WhatOthersLeaveInTheFolderDoesNotSpoilTheExchange) {
  ASSERT_THAT(Publish(StoredRun::OneDead()), IsOk());
  std::ofstream(folder_of_run_ + "/velocity.tif.aux.xml") << "statistics of the old raster";
  {
    const auto folder = ProductFolder::Prepare(folder_of_run_, FolderUse::kOwn);
    ASSERT_THAT(folder, IsOk());
    EXPECT_NE((*folder)->path(), folder_of_run_);
  }
  ASSERT_THAT(Publish(StoredRun::Done()), IsOk());
  EXPECT_FALSE(fs::exists(folder_of_run_ + "/velocity.tif.aux.xml"));
  ExpectWhole();
}

TEST_F(PublishTaskTest, OtherThingsInASharedFolderStay) {
  fs::create_directories(folder_of_run_ + "/artifacts");
  std::ofstream(folder_of_run_ + "/artifacts/x") << "mine";
  PublishTaskHandler handler(
      *stored_.runs, *store_, inventory_.get(), [this](const std::string&) { return folder_of_run_; }, {},
      FolderUse::kShared);
  ASSERT_THAT(handler.Handle(stored_.PublishTask(StoredRun::OneDead())), IsOk());
  ASSERT_THAT(handler.Handle(stored_.PublishTask(StoredRun::Done())), IsOk());
  EXPECT_EQ(io::ReadWholeFile(folder_of_run_ + "/artifacts/x").value(), "mine");
  ExpectWhole();
}

TEST_F(PublishTaskTest, ProductsGoToAnObjectStore) {
  PublishTaskHandler handler = Handler("/vsimem/publish_task_test");
  ASSERT_THAT(handler.Handle(stored_.PublishTask(StoredRun::Done())), IsOk());
  ASSERT_THAT(Publish(StoredRun::Done()), IsOk());
  EXPECT_EQ(io::ReadObject("/vsimem/publish_task_test/" + stored_.run_id() + "/manifest.json").value(), Manifest());
  const nlohmann::json manifest = nlohmann::json::parse(Manifest());
  for (const auto& product : manifest["products"]) {
    const std::string path = product["path"].get<std::string>();
    const auto there = io::ReadObject("/vsimem/publish_task_test/" + stored_.run_id() + "/" + path);
    ASSERT_THAT(there, IsOk());
    EXPECT_EQ(Sha256(*there), product["sha256"].get<std::string>()) << path;
  }
  const auto listed = io::ListObjects("/vsimem/publish_task_test/" + stored_.run_id());
  ASSERT_THAT(listed, IsOk());
  EXPECT_THAT(*listed, testing::Contains("sites/" + stored_.sites[0].site_id + ".h5"));
}

TEST_F(PublishTaskTest, AFolderThatWasNotPlacedGoesAway) {
  ASSERT_THAT(Publish(StoredRun::Done()), IsOk());
  const std::string before = Manifest();
  {
    const auto folder = ProductFolder::Prepare(folder_of_run_, FolderUse::kOwn);
    ASSERT_THAT(folder, IsOk());
    EXPECT_NE((*folder)->path(), folder_of_run_);
    std::ofstream((*folder)->path() + "/manifest.json") << "half";
  }
  EXPECT_EQ(Manifest(), before);
  EXPECT_THAT(InProducts(), ElementsAre(stored_.run_id()));
}

TEST_F(PublishTaskTest, UnwritableProductsAreAnError) {
  std::ofstream(folder_ / "products") << "a file";
  EXPECT_THAT(Publish(StoredRun::Done()), IsFault(Fault::kNotWritable));
}

TEST_F(PublishTaskTest, MeasuredSitesAreProvisionalUntilThen) {
  SiteTaskHandler handler(*stored_.runs, *store_, inventory_.get());
  const auto site_task = [&](int index) {
    return Task{.task_id = "site-1",
                .run_id = stored_.run_id(),
                .kind = "site",
                .payload = wire::SiteResultToJson(
                    {{DetectKey("tile-1"), index}, PatchKey(StoredRun::PatchId("tile-1", index))})};
  };
  ASSERT_THAT(handler.Handle(site_task(0)), IsOk());
  const auto measured = inventory_->Get(stored_.sites[0].site_id, "");
  ASSERT_THAT(measured, IsOk());
  EXPECT_TRUE(measured->provisional);
  EXPECT_NEAR(measured->vel_max_mm_yr, -300, 30);
  EXPECT_NEAR(measured->peak_lon, stored_.track().grid.X(150.5), 1e-9);
  EXPECT_NEAR(measured->peak_lat, stored_.track().grid.Y(120.5), 1e-9);
  EXPECT_EQ(measured->outline.size(), stored_.sites[0].flagged.outline.size());

  ASSERT_THAT(Publish(StoredRun::Done()), IsOk());
  InventorySite published = *measured;
  published.provisional = false;
  EXPECT_TRUE(SameContent(inventory_->Get(stored_.sites[0].site_id, "").value(), published));
  EXPECT_EQ(inventory_->List({}, "", 100)->size(), 3U);
  // Without an inventory a damaged artifact still shows.
  SiteTaskHandler reader(*stored_.runs, *store_, nullptr);
  EXPECT_THAT(reader.Handle(site_task(1)), IsOk());
  EXPECT_THAT(reader.Handle(site_task(7)), IsFault(Fault::kInternal));
}

TEST(Supersedes, OnlyWhatGoesFurther) {
  const RunOutcome::DeadTask a{"a", "patch", "", "r"}, b{"b", "patch", "", "r"}, a_again{"a", "patch", "", "other"};
  const RunOutcome none{{"1", "2"}, {}}, one{{"1", "2"}, {a}}, two{{"1", "2"}, {a, b}}, other{{"1", "2"}, {b}};
  const RunOutcome less{{"1"}, {}}, again{{"1", "2"}, {a_again}};
  EXPECT_TRUE(Supersedes(none, one));
  EXPECT_TRUE(Supersedes(one, two));
  EXPECT_TRUE(Supersedes(two, less)) << "a tile more, though its patches are dead";
  EXPECT_FALSE(Supersedes(one, none));
  EXPECT_FALSE(Supersedes(one, other));
  EXPECT_FALSE(Supersedes(less, two));
  EXPECT_FALSE(Supersedes(one, again)) << "neither is later";
  EXPECT_FALSE(Supersedes(one, one));
}

}  // namespace
}  // namespace fringewatch::results
