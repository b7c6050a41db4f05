#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "common/base/hash.h"
#include "services/cli/test_client_line.h"
#include "services/cli/test_scripted_server.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch::cli {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

v1::Site SiteNamed(const std::string& id) {
  v1::Site site;
  site.set_site_id(id);
  site.set_run_id("abc");
  site.set_track("005A");
  site.set_kind("fringes");
  site.set_score(0.913);
  site.set_last_date("2018-06-11");
  site.set_area_m2(123456.7);
  site.set_vel_mm_yr(-12.34);
  site.set_vel_std_mm_yr(0.56);
  site.set_vel_max_mm_yr(-40.01);
  site.set_peak_lon(-115.123456);
  site.set_peak_lat(32.5);
  return site;
}

class ResultCommandsTest : public ::testing::Test {
 protected:
  Said Ask(const std::string& line) { return Say(line + " --results " + server_.address()); }
  ScriptedResults results_;
  ScriptedServer server_{{&results_}};
};

TEST_F(ResultCommandsTest, SitesOverThreePagesWithEveryFilter) {
  results_.ListSites_script.answer = [](const v1::ListSitesRequest& request, v1::ListSitesResponse& answer) {
    const int page = request.page_token().empty() ? 0 : std::stoi(request.page_token());
    v1::Site& site = *answer.add_sites();
    site = SiteNamed("site" + std::to_string(page));
    site.set_provisional(page == 1);
    if (page == 2) site.set_failure("no still ground");
    if (page < 2) answer.set_next_page_token(std::to_string(page + 1));
    return grpc::Status();
  };
  const std::string filters =
      "sites --run abc --track 005A --bbox -116.5,32,-115,33.25 --from 2018-01-01 --to 2018-12-31 --min-velocity 5";
  const Said said = Ask(filters);
  EXPECT_EQ(said.code, ExitCode::kDone) << said.err;
  EXPECT_EQ(
      said.out,
      "SITE   TRACK  RUN  KIND     MM/YR   +-  FASTEST  SCORE  AREA M2         LON       LAT  TO          REMARKS\n"
      "site0  005A   abc  fringes  -12.3  0.6    -40.0   0.91   123457  -115.12346  32.50000  2018-06-11\n"
      "site1  005A   abc  fringes  -12.3  0.6    -40.0   0.91   123457  -115.12346  32.50000  2018-06-11  "
      "provisional\n"
      "site2  005A   abc  fringes      -    -        -   0.91   123457  -115.12346  32.50000  2018-06-11  "
      "no series: no still ground\n"
      "mm/yr in the line of sight; towards the satellite is positive\n");
  const v1::ListSitesRequest& request = results_.ListSites_script.requests.at(2);
  EXPECT_EQ(request.bbox().west(), -116.5);
  EXPECT_EQ(request.bbox().south(), 32);
  EXPECT_EQ(request.bbox().east(), -115);
  EXPECT_EQ(request.bbox().north(), 33.25);
  EXPECT_EQ(request.run_id() + request.track() + request.from_date() + request.to_date(),
            "abc005A2018-01-012018-12-31");
  EXPECT_EQ(request.min_velocity_mm_yr(), 5);
  const json document = json::parse(Ask("sites --output json").out);
  ASSERT_EQ(document.at("sites").size(), 3U);
  EXPECT_EQ(document["sites"][1].at("provisional"), true);
  EXPECT_EQ(document["sites"][1].at("vel_mm_yr"), -12.34);
  EXPECT_FALSE(results_.ListSites_script.requests.back().has_bbox());
  EXPECT_EQ(json::parse(Ask("sites --limit 2 --output json").out).at("sites").size(), 2U);
}

TEST_F(ResultCommandsTest, OptionsOfTheWrongShapeAreUsageErrors) {
  for (const char* line : {"sites --bbox 1,2,3", "sites --bbox 1,2,3,4,5", "sites --limit -1", "series s --pixel 3",
                           "series s --pixel a,b", "series", "products", "sites --output yaml"}) {
    EXPECT_EQ(Ask(line).code, ExitCode::kUsage) << line;
  }
}

TEST_F(ResultCommandsTest, OneSiteWithAllThatIsKnown) {
  results_.GetSite_script.answer = [](const v1::GetSiteRequest& request, v1::Site& site) {
    site = SiteNamed(request.site_id());
    site.set_peak_lon(std::nan(""));
    site.set_outline_wkt("POLYGON((1 2,3 4,5 6,1 2))");
    return grpc::Status();
  };
  const Said said = Ask("sites s1 --run abc");
  EXPECT_THAT(said.out, AllOf(HasSubstr("-12.3 +- 0.6 mm/yr"), HasSubstr("- E, 32.50000 N"), HasSubstr("POLYGON")));
  EXPECT_EQ(results_.GetSite_script.requests.at(0).run_id(), "abc");
  EXPECT_EQ(json::parse(Ask("sites s1 --output json").out).at("peak_lon"), "NaN");
}

TEST_F(ResultCommandsTest, SeriesOfASiteAndOfAPixel) {
  results_.GetSeries_script.answer = [](const v1::GetSeriesRequest& request, v1::Series& series) {
    series.set_site_id(request.site_id());
    series.set_run_id("abc");
    series.set_pixels(request.has_pixel() ? 1 : 45);
    series.set_vel_mm_yr(-12.34);
    series.set_vel_std_mm_yr(0.4);
    if (request.has_pixel()) series.set_flags("too_fast");
    for (const char* date : {"2018-01-06", "2018-01-18"}) series.add_dates(date);
    series.add_displacement_mm(0);
    series.add_displacement_mm(std::nan(""));
    series.add_displacement_std_mm(0);
    series.add_displacement_std_mm(1.234);
    return grpc::Status();
  };
  EXPECT_EQ(Ask("series s1").out,
            "site s1, run abc: -12.3 +- 0.4 mm/yr, mean of 45 pixels\n"
            "DATE          MM    +-\n"
            "2018-01-06  0.00  0.00\n"
            "2018-01-18     -  1.23\n");
  const Said pixel = Ask("series s1 --pixel 12,34 --run abc");
  EXPECT_THAT(pixel.out, AllOf(HasSubstr("one pixel"), HasSubstr("remarks: too_fast")));
  const v1::GetSeriesRequest& request = results_.GetSeries_script.requests.back();
  EXPECT_EQ(request.pixel().row(), 12);
  EXPECT_EQ(request.pixel().col(), 34);
  EXPECT_EQ(request.run_id(), "abc");
  EXPECT_EQ(json::parse(Ask("series s1 --output json").out).at("displacement_mm").at(1), "NaN");
}

TEST_F(ResultCommandsTest, ASeriesThatDoesNotAddUpIsAnError) {
  results_.GetSeries_script.answer = [](const v1::GetSeriesRequest&, v1::Series& series) {
    series.add_dates("2018-01-06");
    return grpc::Status();
  };
  EXPECT_EQ(Ask("series s1").code, ExitCode::kUnavailable);
}

class ProductsTest : public ResultCommandsTest {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(folder_.path() / "sites");
    Write("velocity.tif", "velocity");
    Write("sites/s1.h5", "series");
    Write("manifest.json", "{}");
    results_.GetProducts_script.answer = [this](const v1::GetProductsRequest& request,
                                                v1::GetProductsResponse& answer) {
      answer.set_run_id(request.run_id());
      answer.set_folder_uri("/products/abc");
      for (const auto& [path, text] : {std::pair{"velocity.tif", "velocity"}, {"sites/s1.h5", "series"}}) {
        v1::Product& product = *answer.add_products();
        product.set_path(path);
        product.set_uri(std::string("/products/abc/") + path);
        product.set_sha256(Sha256(text));
        product.set_bytes(std::string(text).size());
      }
      answer.set_manifest_sha256(Sha256("{}"));
      if (!escape_.empty()) answer.mutable_products(0)->set_path(escape_);
      return grpc::Status();
    };
  }
  void Write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  Said Verify() { return Ask("products abc --verify " + folder_.path().string()); }

  TemporaryFolder folder_;
  std::string escape_;
};

TEST_F(ProductsTest, TableAndJson) {
  const Said said = Ask("products abc");
  EXPECT_EQ(said.code, ExitCode::kDone);
  EXPECT_THAT(said.out,
              AllOf(HasSubstr("run abc: /products/abc\n"), HasSubstr("velocity.tif      8  " + Sha256("velocity")),
                    HasSubstr("/products/abc/sites/s1.h5\n")));
  const json document = json::parse(Ask("products abc --output json").out);
  EXPECT_EQ(document.at("products").at(1).at("bytes"), "6");
}

TEST_F(ProductsTest, EveryPageIsListed) {
  const auto whole = results_.GetProducts_script.answer;
  results_.GetProducts_script.answer = [whole](const v1::GetProductsRequest& request, v1::GetProductsResponse& answer) {
    const grpc::Status status = whole(request, answer);
    const bool is_first = request.page_token().empty();
    answer.mutable_products()->DeleteSubrange(is_first ? 1 : 0, 1);
    if (is_first) answer.set_next_page_token("second");
    return status;
  };
  const json document = json::parse(Ask("products abc --output json").out);
  EXPECT_EQ(document.at("run_id"), "abc");
  EXPECT_EQ(document.at("folder_uri"), "/products/abc");
  ASSERT_EQ(document.at("products").size(), 2U);
  EXPECT_EQ(document["products"][1].at("path"), "sites/s1.h5");
  EXPECT_THAT(Verify().err, HasSubstr("3 files are as the run wrote them"));
}

TEST_F(ProductsTest, CopiesThatAreTheSameAreVerified) {
  const Said said = Verify();
  EXPECT_EQ(said.code, ExitCode::kDone) << said.err;
  EXPECT_THAT(said.err, HasSubstr("3 files are as the run wrote them"));
}

TEST_F(ProductsTest, EveryCopyThatDiffersIsNamed) {
  Write("velocity.tif", "velocitY");
  std::filesystem::remove(folder_.path() / "sites/s1.h5");
  Said said = Verify();
  EXPECT_EQ(said.code, ExitCode::kBadInput);
  EXPECT_THAT(said.err, AllOf(HasSubstr("FW-2002"), HasSubstr("velocity.tif"), HasSubstr("sites/s1.h5"),
                              Not(HasSubstr("manifest.json"))));
  SetUp();
  Write("manifest.json", "{ }");
  said = Verify();
  EXPECT_EQ(said.code, ExitCode::kBadInput);
  EXPECT_THAT(said.err, HasSubstr("manifest.json"));
}

TEST_F(ProductsTest, NamesThatLeadOutOfTheFolderAreRefused) {
  for (const char* path : {"../velocity.tif", "/etc/passwd", "sites/../../x"}) {
    escape_ = path;
    const Said said = Verify();
    EXPECT_EQ(said.code, ExitCode::kBadInput) << path;
    EXPECT_THAT(said.err, HasSubstr("FW-4004")) << path;
  }
}

}  // namespace
}  // namespace fringewatch::cli
