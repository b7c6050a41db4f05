// A run folder from made sites: complete, reproducible, readable, and judged right against a made truth.
// FRINGEWATCH_TEST_OUT=DIR keeps the folders there, to look at.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "common/base/hash.h"
#include "common/io/file_replace.h"
#include "common/io/geopackage.h"
#include "common/io/mintpy_file.h"
#include "common/io/raster_file.h"
#include "services/results/app/evaluate_run.h"
#include "services/results/app/write_products.h"
#include "services/results/core/test_made_run.h"

namespace fringewatch::results {
namespace {

namespace fs = std::filesystem;

const std::vector<MadeBowl> kBowls = {{120, 150, 14, -0.30, 1.0}, {300, 420, 20, 0.20, 1.6}, {60, 500, 8, -0.15, 1.0}};

class RunFolderTest : public testing::Test {
 protected:
  RunFolderTest() {
    const char* kept = std::getenv("FRINGEWATCH_TEST_OUT");
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    root_ = kept ? fs::path(kept) / name
                 : fs::temp_directory_path() / ("fringewatch_" + name + "_" + std::to_string(::getpid()));
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~RunFolderTest() override {
    if (!std::getenv("FRINGEWATCH_TEST_OUT")) fs::remove_all(root_);
  }
  std::string Path(const std::string& name) const { return (root_ / name).string(); }

  std::vector<SiteRecord> Sites(double error_m = 0.0) const {
    std::vector<SiteRecord> sites;
    for (size_t i = 0; i < kBowls.size(); ++i) {
      sites.push_back(MadeSite(stack_.track(), kBowls[i], 0.95 - 0.1 * static_cast<double>(i), error_m));
    }
    return sites;
  }

  /// The truth of the bowls, as the simulator leaves it.
  void WriteTruth(const std::string& folder) const {
    const Grid& grid = stack_.track().grid;
    using enum io::FieldType;
    io::PolygonLayer layer{"truth",
                           {{"site_id", kInteger},
                            {"kind", kText},
                            {"radius_m", kReal},
                            {"peak_rate_mm_yr", kReal},
                            {"peak_phase_12_days_rad", kReal},
                            {"row", kReal},
                            {"col", kReal}},
                           {}};
    Array2<float> velocity(grid.rows, grid.cols);
    for (size_t i = 0; i < kBowls.size(); ++i) {
      const MadeBowl& bowl = kBowls[i];
      layer.features.push_back({bowl.Outline(),
                                {static_cast<int64_t>(i), "bowl", bowl.radius_px * grid.PixelSize_m(),
                                 1000 * bowl.peak_m_per_yr, 1.0, bowl.row, bowl.col}});
      for (int r = 0; r < grid.rows; ++r) {
        for (int c = 0; c < grid.cols; ++c) velocity(r, c) += static_cast<float>(1000 * bowl.Rate(r, c));
      }
    }
    fs::create_directories(folder);
    ASSERT_TRUE(io::WriteGeoPackage(folder + "/sites.gpkg", layer, grid).ok());
    ASSERT_TRUE(io::WriteCog(folder + "/velocity.tif", grid, {{"velocity", &velocity}}, {}).ok());
    const std::vector<Date> dates = DatesOf(stack_.track().pairs);
    for (const Date date : dates) {
      Array2<float> displacement = velocity;
      for (float& v : displacement.values) v *= static_cast<float>(DaysBetween(dates[0], date) / kDaysPerYear);
      ASSERT_TRUE(
          io::WriteCog(folder + "/displacement_" + date.Compact() + ".tif", grid, {{"d", &displacement}}, {}).ok());
    }
  }

  MadeStack stack_{MadeTrack(400, 600)};
  RunFacts facts_ = MadeFacts(stack_.track());
  fs::path root_;
};

TEST_F(RunFolderTest, HasEveryProductAndItsHash) {
  ASSERT_TRUE(WriteProducts(Path("run"), stack_, Sites(), facts_).ok());
  const auto manifest = nlohmann::json::parse(*io::ReadWholeFile(Path("run/manifest.json")));
  ASSERT_EQ(manifest["products"].size(), 8U);
  for (const auto& product : manifest["products"]) {
    const std::string path = Path("run/" + product["path"].get<std::string>());
    EXPECT_EQ(product["sha256"], *Sha256File(path)) << path;
    EXPECT_EQ(product["bytes"], fs::file_size(path)) << path;
  }
  EXPECT_NEAR(manifest["pixels"]["avoided_ratio"].get<double>(), AvoidedRatio(facts_), 1e-12);
  const auto layer = io::ReadGeoPackage(Path("run/sites.gpkg"), "sites", stack_.track().grid);
  ASSERT_TRUE(layer.ok()) << layer.status();
  ASSERT_EQ(layer->features.size(), 3U);
  EXPECT_NEAR(layer->Number(layer->features[0], "vel_max_mm_yr"), -300, 30);
  EXPECT_NEAR(layer->Number(layer->features[1], "vel_max_mm_yr"), 200, 20);
  EXPECT_EQ(layer->Text(layer->features[0], "voting_pairs"), "20240103_20240115,20240103_20240127,20240115_20240127");
  const auto velocity = io::ReadRaster(Path("run/velocity.tif"));
  ASSERT_TRUE(velocity.ok()) << velocity.status();
  EXPECT_NEAR(velocity->values(120, 150), 1000 * kBowls[0].Rate(120, 150), 1e-3);
  EXPECT_TRUE(std::isnan(velocity->values(200, 300))) << "outside the sites";
}

TEST_F(RunFolderTest, IsTheSameBytesWhateverTheOrderOfSites) {
  std::vector<SiteRecord> sites = Sites();
  ASSERT_TRUE(WriteProducts(Path("a"), stack_, sites, facts_).ok());
  std::reverse(sites.begin(), sites.end());
  ASSERT_TRUE(WriteProducts(Path("b"), stack_, sites, facts_).ok());
  EXPECT_EQ(*io::ReadWholeFile(Path("a/manifest.json")), *io::ReadWholeFile(Path("b/manifest.json")));
}

TEST_F(RunFolderTest, AnOlderRunLeavesNoSiteFiles) {
  ASSERT_TRUE(WriteProducts(Path("run"), stack_, Sites(), facts_).ok());
  ASSERT_TRUE(WriteProducts(Path("run"), stack_, {}, facts_).ok());
  EXPECT_TRUE(fs::is_empty(Path("run/sites")));
  EXPECT_EQ(nlohmann::json::parse(*io::ReadWholeFile(Path("run/manifest.json")))["products"].size(), 5U);
}

TEST_F(RunFolderTest, SitesWithoutSeriesStayInTheInventory) {
  std::vector<SiteRecord> sites = Sites();
  sites[1].has_series = false;
  sites[1].series = {};
  sites[1].failure = "FW-1005 reference masked: <no coherent ground>";
  ASSERT_TRUE(WriteProducts(Path("run"), stack_, sites, facts_).ok());
  const auto manifest = nlohmann::json::parse(*io::ReadWholeFile(Path("run/manifest.json")));
  ASSERT_EQ(manifest["sites_without_series"].size(), 1U);
  EXPECT_EQ(manifest["sites_without_series"][0]["reason"], sites[1].failure);
  EXPECT_FALSE(fs::exists(Path("run/sites/" + sites[1].site_id + ".h5")));
  EXPECT_NE(io::ReadWholeFile(Path("run/report.html"))->find("&lt;no coherent ground&gt;"), std::string::npos);
}

TEST_F(RunFolderTest, UnwritableFolderIsAnError) {
  ASSERT_TRUE(io::WriteWholeFile(Path("file"), "x").ok());
  const Status status = WriteProducts(Path("file/run"), stack_, Sites(), facts_);
  EXPECT_EQ(status.code(), CodeOf(Fault::kNotWritable)) << status;
}

TEST_F(RunFolderTest, PerfectRunIsJudgedPerfect) {
  ASSERT_TRUE(WriteProducts(Path("run"), stack_, Sites(), facts_).ok());
  WriteTruth(Path("sim/truth"));
  const auto evaluation = EvaluateRun(Path("run"), Path("sim"));
  ASSERT_TRUE(evaluation.ok()) << evaluation.status();
  EXPECT_EQ(evaluation->recall, 1.0);
  EXPECT_EQ(evaluation->precision, 1.0);
  EXPECT_EQ(evaluation->false_sites_per_1000_km2, 0.0);
  EXPECT_GT(evaluation->iou_median, 0.99);
  EXPECT_LT(evaluation->peak_relative_error_median, 1e-4);
  EXPECT_LT(evaluation->series_rmse_mm, 0.01);
  EXPECT_TRUE(nlohmann::json::accept(ToJson(*evaluation)));
}

TEST_F(RunFolderTest, ErrorsMissesAndFalseSitesAreCounted) {
  std::vector<SiteRecord> sites = Sites(0.003);
  sites.pop_back();
  sites.push_back(MadeSite(stack_.track(), {350, 100, 10, -0.1}, 0.6));
  ASSERT_TRUE(WriteProducts(Path("run"), stack_, sites, facts_).ok());
  WriteTruth(Path("truth"));
  const auto evaluation = EvaluateRun(Path("run"), Path("truth"));
  ASSERT_TRUE(evaluation.ok()) << evaluation.status();
  EXPECT_NEAR(evaluation->recall, 2.0 / 3, 1e-12);
  EXPECT_NEAR(evaluation->precision, 2.0 / 3, 1e-12);
  EXPECT_EQ(evaluation->missed, std::vector<std::string>{"2"});
  EXPECT_EQ(evaluation->false_alarms, std::vector<std::string>{sites[2].site_id});
  EXPECT_NEAR(evaluation->false_sites_per_1000_km2, 1000 / evaluation->frame_km2, 1e-9);
  EXPECT_NEAR(evaluation->series_rmse_mm, 3.0, 0.01);
}

TEST_F(RunFolderTest, EvaluateNamesWhatIsMissing) {
  ASSERT_TRUE(WriteProducts(Path("run"), stack_, Sites(), facts_).ok());
  const auto evaluation = EvaluateRun(Path("run"), Path("nowhere"));
  ASSERT_FALSE(evaluation.ok());
  EXPECT_NE(MessageOf(evaluation.status()).find("nowhere"), std::string::npos) << evaluation.status();
}

}  // namespace
}  // namespace fringewatch::results
