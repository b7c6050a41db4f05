// What every inventory must do: in memory, in a GeoPackage, in PostGIS.
#include "services/results/app/site_inventory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <fstream>
#include <thread>

#include "tests/support/postgres_server.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch::results {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<io::LonLat> SquareAt(double lon, double lat) {
  return {{lon, lat}, {lon + 0.01, lat}, {lon + 0.01, lat + 0.01}, {lon, lat + 0.01}};
}

InventorySite MakeSite(const std::string& site_id, const std::string& run_id, double lon = 18.2, double lat = 50.4) {
  InventorySite site;
  site.site_id = site_id;
  site.run_id = run_id;
  site.run_submitted_at = "2026-11-21T10:00:00.000Z";
  site.track = "005A";
  site.kind = "both";
  site.score = 0.9, site.probability = 0.1 + 0.2;
  site.first_date = "2024-01-03", site.last_date = "2024-05-14";
  site.area_m2 = 1234.5;
  site.vel_mm_yr = -100.25, site.vel_std_mm_yr = 4, site.vel_max_mm_yr = -300.125, site.accel_mm_yr2 = 1e-7;
  site.quality = 0.93;
  site.flags = "too_fast";
  site.orbit = "ascending";
  site.pairs = 30;
  site.outline = SquareAt(lon, lat);
  site.peak_lon = lon + 0.005, site.peak_lat = lat + 0.005;
  site.peak_row = 12, site.peak_col = 34;
  site.series_key = "patch/" + site_id;
  return site;
}

std::vector<std::string> Ids(const std::vector<InventorySite>& sites) {
  std::vector<std::string> ids;
  for (const InventorySite& site : sites) ids.push_back(site.site_id + "@" + site.run_id);
  return ids;
}

enum class Kind { kMemory, kGeoPackage, kPostgis };

std::string NameOf(const testing::TestParamInfo<Kind>& tested) {
  return tested.param == Kind::kMemory ? "Memory" : tested.param == Kind::kGeoPackage ? "GeoPackage" : "Postgis";
}

class SiteInventoryTest : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    uri_ = folder_ / "inventory.gpkg";
    if (GetParam() == Kind::kPostgis) {
      PostgresServer* server = PostgresServer::Shared();
      if (server == nullptr) GTEST_SKIP() << "PostGIS IS NOT TESTED: no server";
      uri_ = folder_ / "database";
      std::ofstream(uri_) << server->NewDatabase() << "\n";
    }
    inventory_ = Open();
    ASSERT_NE(inventory_, nullptr);
  }
  /// Another process's view of the same inventory.
  std::unique_ptr<SiteInventory> Open() const {
    if (GetParam() == Kind::kMemory) return OpenMemoryInventory();
    auto opened = OpenInventory(uri_);
    EXPECT_THAT(opened, IsOk());
    return opened.ok() ? *std::move(opened) : nullptr;
  }
  std::vector<std::string> Listed(const SiteQuery& query, const std::string& after = "", int limit = 100) const {
    const auto sites = inventory_->List(query, after, limit);
    EXPECT_THAT(sites, IsOk());
    return sites.ok() ? Ids(*sites) : std::vector<std::string>{"error"};
  }
  void Replace(const std::string& run_id, const std::vector<InventorySite>& sites) {
    ASSERT_THAT(inventory_->ReplaceRun(run_id, sites), IsOk());
  }

  TemporaryFolder folder_;
  std::string uri_;
  std::unique_ptr<SiteInventory> inventory_;
};

TEST_P(SiteInventoryTest, KeepsEveryField) {
  InventorySite site = MakeSite("FW-005A-ab12", "run1");
  site.track = "a'; DROP TABLE sites; -- \\ \"é";
  site.failure = "line\nbreak";
  site.accel_mm_yr2 = std::nan("");
  Replace("run1", {site});
  const auto kept = inventory_->Get("FW-005A-ab12", "run1");
  ASSERT_THAT(kept, IsOk());
  EXPECT_TRUE(SameContent(*kept, site));
  EXPECT_EQ(kept->track, site.track);
  EXPECT_EQ(kept->probability, site.probability) << "to the last bit";
  EXPECT_TRUE(std::isnan(kept->accel_mm_yr2));
  EXPECT_EQ(kept->outline, site.outline);
  EXPECT_EQ(kept->updated_at.size(), std::string("2026-11-21T10:00:00.000Z").size());
}

TEST_P(SiteInventoryTest, KeepsSitesWithoutPlaceOrSeries) {
  InventorySite site = MakeSite("a", "run1");
  site.outline.clear();
  site.peak_lon = site.peak_lat = site.vel_mm_yr = site.vel_max_mm_yr = std::nan("");
  site.series_key.clear();
  site.failure = "FW-1005 no ground";
  Replace("run1", {site, MakeSite("b", "run1")});
  EXPECT_TRUE(SameContent(inventory_->Get("a", "").value(), site));
  EXPECT_THAT(Listed({}), ElementsAre("a@run1", "b@run1"));
  EXPECT_THAT(Listed({.box = GeoBox()}), ElementsAre("b@run1"));
  EXPECT_THAT(Listed({.min_velocity_mm_yr = 0.001}), ElementsAre("b@run1"));
}

TEST_P(SiteInventoryTest, UnknownSitesAreNotFound) {
  Replace("run1", {MakeSite("a", "run1")});
  EXPECT_THAT(inventory_->Get("b", ""), IsFault(Fault::kUnknownName));
  EXPECT_THAT(inventory_->Get("a", "run2"), IsFault(Fault::kUnknownName));
}

TEST_P(SiteInventoryTest, ARunsSitesAreReplacedAsAWhole) {
  Replace("run1", {MakeSite("a", "run1"), MakeSite("b", "run1")});
  Replace("run2", {MakeSite("a", "run2")});
  Replace("run1", {MakeSite("b", "run1"), MakeSite("c", "run1")});
  EXPECT_THAT(Listed({.run_id = "run1"}), ElementsAre("b@run1", "c@run1"));
  EXPECT_THAT(Listed({.run_id = "run2"}), ElementsAre("a@run2"));
  Replace("run1", {});
  EXPECT_THAT(Listed({.run_id = "run1"}), IsEmpty());
}

TEST_P(SiteInventoryTest, ProvisionalSitesStayUntilTheRunIsPublished) {
  InventorySite first = MakeSite("a", "run1"), second = MakeSite("b", "run1");
  first.provisional = second.provisional = true;
  ASSERT_THAT(inventory_->PutProvisional(first), IsOk());
  ASSERT_THAT(inventory_->PutProvisional(second), IsOk());
  ASSERT_THAT(inventory_->PutProvisional(second), IsOk());
  EXPECT_THAT(Listed({}), ElementsAre("a@run1", "b@run1"));
  EXPECT_TRUE(inventory_->Get("a", "")->provisional);
  Replace("run1", {MakeSite("a", "run1")});
  EXPECT_FALSE(inventory_->Get("a", "")->provisional);
  // b was merged into a; a late worker does not bring it back.
  ASSERT_THAT(inventory_->PutProvisional(second), IsOk());
  EXPECT_THAT(Listed({}), ElementsAre("a@run1"));
}

TEST_P(SiteInventoryTest, OfEachSiteTheNewestRunIsListed) {
  InventorySite old_a = MakeSite("a", "run9"), new_a = MakeSite("a", "run1"), only_old = MakeSite("b", "run9");
  new_a.run_submitted_at = "2026-11-21T10:00:00.001Z";
  new_a.vel_max_mm_yr = 1;
  Replace("run9", {old_a, only_old});
  Replace("run1", {new_a});
  EXPECT_THAT(Listed({}), ElementsAre("a@run1", "b@run9"));
  EXPECT_EQ(inventory_->Get("a", "")->run_id, "run1");
  EXPECT_EQ(inventory_->Get("a", "run9")->run_id, "run9");
  EXPECT_THAT(Listed({.min_velocity_mm_yr = 100}), ElementsAre("b@run9")) << "a is slow by now";
}

TEST_P(SiteInventoryTest, ProvisionalSitesHideNoPublishedOnes) {
  InventorySite published = MakeSite("a", "run1"), cancelled = MakeSite("a", "run2"), lone = MakeSite("b", "run2");
  cancelled.run_submitted_at = lone.run_submitted_at = "2026-11-22T10:00:00.000Z";
  cancelled.provisional = lone.provisional = true;
  Replace("run1", {published});
  ASSERT_THAT(inventory_->PutProvisional(cancelled), IsOk());
  ASSERT_THAT(inventory_->PutProvisional(lone), IsOk());
  EXPECT_THAT(Listed({}), ElementsAre("a@run1", "b@run2"));
  EXPECT_EQ(inventory_->Get("a", "")->run_id, "run1");
  EXPECT_THAT(Listed({.run_id = "run2"}), ElementsAre("a@run2", "b@run2"));
  cancelled.provisional = false;
  Replace("run2", {cancelled});
  EXPECT_THAT(Listed({}), ElementsAre("a@run2"));
}

TEST_P(SiteInventoryTest, AConditionThatDoesNotHoldLeavesTheSites) {
  Replace("run1", {MakeSite("a", "run1")});
  const int64_t changes = inventory_->LastChange().value();
  EXPECT_THAT(inventory_->ReplaceRunIf([]() -> StatusOr<bool> { return false; }, "run1", {MakeSite("b", "run1")}),
              IsOk());
  EXPECT_THAT(inventory_->ReplaceRunIf([]() -> StatusOr<bool> { return Error(Fault::kServiceAway, "store"); }, "run1",
                                       {MakeSite("b", "run1")}),
              IsFault(Fault::kServiceAway));
  EXPECT_THAT(Listed({}), ElementsAre("a@run1"));
  EXPECT_EQ(inventory_->LastChange().value(), changes);
  Replace("run1", {MakeSite("b", "run1")});
  EXPECT_THAT(Listed({}), ElementsAre("b@run1"));
}

TEST_P(SiteInventoryTest, EveryConditionSelects) {
  InventorySite fast = MakeSite("fast", "run1"), slow = MakeSite("slow", "run1"), other = MakeSite("other", "run1");
  slow.vel_max_mm_yr = 20;
  slow.first_date = "2020-01-01", slow.last_date = "2021-01-01";
  other.track = "006D";
  other.vel_max_mm_yr = 300.125;
  Replace("run1", {fast, slow, other});
  EXPECT_THAT(Listed({.min_velocity_mm_yr = 300.125}), ElementsAre("fast@run1", "other@run1"));
  EXPECT_THAT(Listed({.track = "006D"}), ElementsAre("other@run1"));
  EXPECT_THAT(Listed({.to_date = "2024-01-02"}), ElementsAre("slow@run1"));
  EXPECT_THAT(Listed({.from_date = "2021-01-01", .to_date = "2021-01-01"}), ElementsAre("slow@run1"));
  EXPECT_THAT(Listed({.from_date = "2021-01-02"}), ElementsAre("fast@run1", "other@run1"));
  EXPECT_THAT(Listed({.run_id = "run1", .from_date = "2021-01-02", .min_velocity_mm_yr = 1, .track = "005A"}),
              ElementsAre("fast@run1"));
}

TEST_P(SiteInventoryTest, BoxesSelectAlsoAcrossTheDateLine) {
  Replace("run1", {MakeSite("europe", "run1", 18.2, 50.4), MakeSite("fiji-east", "run1", -179.5, -17),
                   MakeSite("fiji-on", "run1", 179.995, -17), MakeSite("fiji-west", "run1", 179.2, -17)});
  EXPECT_THAT(Listed({.box = GeoBox{18, 50, 18.2, 51}}), ElementsAre("europe@run1")) << "touching counts";
  EXPECT_THAT(Listed({.box = GeoBox{18, 50, 18.19, 51}}), IsEmpty());
  EXPECT_THAT(Listed({.box = GeoBox{18, 50.42, 19, 51}}), IsEmpty()) << "latitude";
  EXPECT_THAT(Listed({.box = GeoBox{179, -18, -179, -16}}),
              ElementsAre("fiji-east@run1", "fiji-on@run1", "fiji-west@run1"));
  EXPECT_THAT(Listed({.box = GeoBox{-180, -18, -179, -16}}), ElementsAre("fiji-east@run1", "fiji-on@run1"));
  EXPECT_THAT(Listed({.box = GeoBox()}).size(), 4U);
}

TEST_P(SiteInventoryTest, PagesFollowEachOther) {
  std::vector<InventorySite> sites;
  for (const char* id : {"d", "a", "B", "c"}) sites.push_back(MakeSite(id, "run1"));
  Replace("run1", sites);
  EXPECT_THAT(Listed({}, "", 3), ElementsAre("B@run1", "a@run1", "c@run1")) << "by the bytes of the id";
  EXPECT_THAT(Listed({}, "c", 3), ElementsAre("d@run1"));
  EXPECT_THAT(Listed({}, "d", 3), IsEmpty());
}

TEST_P(SiteInventoryTest, ChangesAreToldOnceAndInTheirOrder) {
  EXPECT_EQ(inventory_->LastChange().value(), 0);
  Replace("run1", {MakeSite("b", "run1"), MakeSite("a", "run1")});
  const auto first = inventory_->Changes({}, 0, 10);
  ASSERT_THAT(first, IsOk());
  ASSERT_EQ(first->size(), 2U);
  EXPECT_EQ((*first)[0].site.site_id, "b");
  EXPECT_EQ((*first)[1].site.site_id, "a");
  EXPECT_EQ((*first)[1].number, inventory_->LastChange().value());
  EXPECT_EQ(inventory_->Changes({}, 0, 1)->size(), 1U);
  const int64_t seen = (*first)[1].number;

  Replace("run1", {MakeSite("b", "run1"), MakeSite("a", "run1")});
  EXPECT_THAT(inventory_->Changes({}, seen, 10).value(), IsEmpty()) << "nothing is new";
  InventorySite faster = MakeSite("b", "run1");
  faster.vel_max_mm_yr = -400;
  Replace("run1", {faster});
  const auto second = inventory_->Changes({}, seen, 10);
  ASSERT_EQ(second->size(), 1U);
  EXPECT_EQ((*second)[0].site.vel_max_mm_yr, -400);
  EXPECT_THAT(inventory_->Changes({.min_velocity_mm_yr = 500}, seen, 10).value(), IsEmpty());
  EXPECT_THAT(inventory_->Changes({.run_id = "run2"}, seen, 10).value(), IsEmpty());

  // The number of a site that went away is not given again.
  const int64_t last = inventory_->LastChange().value();
  Replace("run1", {});
  Replace("run1", {MakeSite("c", "run1")});
  EXPECT_EQ(inventory_->Changes({}, last, 10)->size(), 1U);
}

TEST_P(SiteInventoryTest, WaitingEndsWithAChange) {
  inventory_->WaitForChange(0, std::chrono::milliseconds(0));
  std::thread writer([this] { Replace("run1", {MakeSite("a", "run1")}); });
  while (inventory_->LastChange().value() == 0) inventory_->WaitForChange(0, std::chrono::seconds(60));
  writer.join();
  EXPECT_EQ(inventory_->LastChange().value(), 1);
}

TEST_P(SiteInventoryTest, ReadersSeeWholeReplacements) {
  const auto generation = [](int number) {
    std::vector<InventorySite> sites;
    for (int i = 0; i < 12 + number % 3; ++i) {
      sites.push_back(MakeSite(fmt::format("s{:02}", i), "run1"));
      sites.back().score = number;
    }
    return sites;
  };
  Replace("run1", generation(0));
  std::atomic<bool> done{false};
  std::atomic<int> read{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!done || read < 20) {
        const auto sites = inventory_->List({.run_id = "run1"}, "", 100);
        ASSERT_THAT(sites, IsOk());
        ASSERT_FALSE(sites->empty());
        const int number = static_cast<int>(sites->front().score);
        ASSERT_EQ(sites->size(), generation(number).size());
        for (const InventorySite& site : *sites) ASSERT_EQ(site.score, number);
        ++read;
      }
    });
  }
  for (int number = 1; number <= 15; ++number) Replace("run1", generation(number));
  done = true;
  for (std::thread& reader : readers) reader.join();
}

INSTANTIATE_TEST_SUITE_P(All, SiteInventoryTest, testing::Values(Kind::kMemory, Kind::kGeoPackage, Kind::kPostgis),
                         NameOf);

/// What only the lasting ones can do.
class LastingInventoryTest : public SiteInventoryTest {};

TEST_P(LastingInventoryTest, IsTheSameForEveryProcess) {
  const auto other = Open();
  Replace("run1", {MakeSite("a", "run1")});
  EXPECT_EQ(Ids(other->List({}, "", 10).value()), Listed({}));
  while (other->LastChange().value() == 0) other->WaitForChange(0, std::chrono::seconds(60));
  inventory_.reset();
  EXPECT_THAT(Open()->Get("a", "run1"), IsOk());
}

TEST_P(LastingInventoryTest, WritersTakeTurns) {
  constexpr int kRuns = 12;
  const auto other = Open();
  const auto write = [](SiteInventory& inventory, const std::string& run) {
    for (int i = 0; i < kRuns; ++i) {
      const std::string id = fmt::format("{}{}", run, i);
      ASSERT_THAT(inventory.ReplaceRun(id, {MakeSite("a", id), MakeSite("b", id)}), IsOk());
    }
  };
  std::thread second([&] { write(*other, "y"); });
  write(*inventory_, "x");
  second.join();
  const auto changes = inventory_->Changes({}, 0, 1000);
  ASSERT_EQ(changes->size(), 4U * kRuns);
  for (size_t i = 0; i < changes->size(); ++i) EXPECT_EQ((*changes)[i].number, static_cast<int64_t>(i) + 1);
}

TEST_P(LastingInventoryTest, IsMadeOnceByTwoAtOnce) {
  if (GetParam() == Kind::kPostgis) {
    std::ofstream(uri_) << PostgresServer::Shared()->NewDatabase() << "\n";
  } else {
    uri_ = folder_ / "second.gpkg";
  }
  std::unique_ptr<SiteInventory> first, second;
  std::thread racer([&] { second = Open(); });
  first = Open();
  racer.join();
  ASSERT_TRUE(first && second);
  ASSERT_THAT(first->ReplaceRun("run1", {MakeSite("a", "run1")}), IsOk());
  EXPECT_THAT(second->Get("a", "run1"), IsOk());
}

INSTANTIATE_TEST_SUITE_P(Lasting, LastingInventoryTest, testing::Values(Kind::kGeoPackage, Kind::kPostgis), NameOf);

TEST(GeoPackageInventory, IsInWalMode) {
  TemporaryFolder folder;
  ASSERT_THAT(OpenInventory(folder / "inventory.gpkg"), IsOk());
  std::ifstream file(folder / "inventory.gpkg", std::ios::binary);
  std::string header(20, '\0');
  file.read(header.data(), 20);
  EXPECT_EQ(header[18], 2) << "version of the file format for writing: 1 = rollback journal, 2 = WAL";
}

TEST(PostgisInventory, OutlivesLostConnections) {
  PostgresServer* server = PostgresServer::Shared();
  if (server == nullptr) GTEST_SKIP() << "PostGIS IS NOT TESTED: no server";
  TemporaryFolder folder;
  std::ofstream(folder / "database") << server->NewDatabase() << "\n";
  const auto inventory = OpenInventory(folder / "database");
  ASSERT_THAT(inventory, IsOk());
  const auto cut = [&] {
    ASSERT_TRUE(server->Sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'test_%'"));
  };
  ASSERT_THAT((*inventory)->ReplaceRun("run1", {MakeSite("a", "run1")}), IsOk());
  cut();
  EXPECT_THAT((*inventory)->Get("a", "run1"), IsOk());
  cut();
  EXPECT_THAT((*inventory)->ReplaceRun("run1", {MakeSite("b", "run1")}), IsOk());
}

TEST(Inventory, ConnectionStringsAreNotShown) {
  TemporaryFolder folder;
  std::ofstream(folder / "database") << "PG:host=/nowhere dbname=x user=y password=sesame\n";
  const auto inventory = OpenInventory(folder / "database");
  EXPECT_THAT(inventory, IsFault(Fault::kServiceAway));
  EXPECT_EQ(MessageOf(inventory.status()).find("sesame"), std::string::npos) << inventory.status();
}

TEST(Inventory, OtherFilesAreRefused) {
  TemporaryFolder folder;
  std::ofstream(folder / "text") << "hello";
  std::ofstream(folder / "text.gpkg") << "hello";
  EXPECT_THAT(OpenInventory(folder / "text"), IsFault(Fault::kBadOption));
  EXPECT_THAT(OpenInventory(folder / "text.gpkg"), IsFault(Fault::kBadOption));
  EXPECT_THAT(OpenInventory(""), IsFault(Fault::kBadOption));
  EXPECT_THAT(OpenInventory(folder / "missing"), IsFault(Fault::kNotReadable));
}

}  // namespace
}  // namespace fringewatch::results
