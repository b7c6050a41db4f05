// ResultService over a real connection: what clients get, and what they get told.
#include "services/results/app/result_service.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <set>
#include <thread>

#include "common/base/hash.h"
#include "common/io/file_replace.h"
#include "common/service/rpc_server.h"
#include "common/service/shutdown.h"
#include "services/results/app/publish_task.h"
#include "services/results/app/result_messages.h"
#include "services/results/app/test_stored_run.h"
#include "tests/support/temporary_folder.h"

namespace fringewatch::results {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ResultServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    auto gate = service::RpcGate::Open({.service = "ResultService"}, *access_, metrics_);
    ASSERT_TRUE(gate.ok()) << gate.status();
    gate_ = *std::move(gate);
    service_ = std::make_unique<ResultService>(ResultParts{*gate_, *inventory_, *store_, folder_of_run_});
    service::ServerSettings settings;
    settings.drain_delay_s = 0;
    auto server = service::RpcServer::Start(settings, {service_.get()});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    channel_ = grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials());
    stub_ = v1::ResultService::NewStub(channel_);
  }
  void TearDown() override {
    if (server_) server_->Drain();
  }
  void Publish(const RunOutcome& outcome = StoredRun::Done()) {
    PublishTaskHandler handler(*stored_.runs, *store_, inventory_.get(), folder_of_run_);
    const auto published = handler.Handle(stored_.PublishTask(outcome));
    ASSERT_TRUE(published.ok()) << published.status();
  }
  /// `count` sites of a run, without series.
  void PutSites(const std::string& run_id, int count, int outline_points = 4) {
    std::vector<InventorySite> sites;
    for (int i = 0; i < count; ++i) {
      InventorySite site;
      site.site_id = fmt::format("s{:04}", i);
      site.run_id = run_id;
      site.vel_max_mm_yr = -i;
      for (int k = 0; k < outline_points; ++k) {
        site.outline.push_back({18 + 0.01 * std::cos(0.1 * k + i), 50 + 0.01 * std::sin(0.1 * k)});
      }
      sites.push_back(site);
    }
    ASSERT_TRUE(inventory_->ReplaceRun(run_id, sites).ok());
  }
  template <typename Request, typename Response>
  grpc::Status Call(grpc::Status (v1::ResultService::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    return (stub_.get()->*method)(&context, request, &response);
  }
  grpc::Status List(const v1::ListSitesRequest& request, v1::ListSitesResponse& response) {
    return Call(&v1::ResultService::Stub::ListSites, request, response);
  }

  TemporaryFolder folder_;
  const std::function<std::string(const std::string&)> folder_of_run_ = [this](const std::string& run_id) {
    return folder_ / "products/" + run_id;
  };
  std::unique_ptr<Store> store_ = OpenMemoryStore();
  std::unique_ptr<SiteInventory> inventory_ = OpenMemoryInventory();
  StoredRun stored_{*store_};
  std::unique_ptr<service::Access> access_ = service::OpenToEverybody();
  service::Metrics metrics_{"results"};
  std::unique_ptr<service::RpcGate> gate_;
  std::unique_ptr<ResultService> service_;
  std::unique_ptr<service::RpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ResultService::Stub> stub_;
};

TEST_F(ResultServiceTest, SitesAreListedPageByPage) {
  PutSites("run1", 7);
  v1::ListSitesRequest request;
  request.set_page_size(3);
  std::vector<std::string> ids, pages;
  do {
    v1::ListSitesResponse response;
    ASSERT_TRUE(List(request, response).ok());
    for (const v1::Site& site : response.sites()) ids.push_back(site.site_id());
    pages.push_back(std::to_string(response.sites_size()));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(ids, ElementsAre("s0000", "s0001", "s0002", "s0003", "s0004", "s0005", "s0006"));
  EXPECT_THAT(pages, ElementsAre("3", "3", "1"));
}

TEST_F(ResultServiceTest, APageEndsBeforeMessagesGetTooLong) {
  PutSites("run1", 300, 1000);
  v1::ListSitesRequest request;
  request.set_page_size(1000);
  int sites = 0, pages = 0;
  do {
    v1::ListSitesResponse response;
    ASSERT_TRUE(List(request, response).ok());
    EXPECT_LT(response.ByteSizeLong(), 4U << 20U);
    sites += response.sites_size();
    ++pages;
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(sites, 300);
  EXPECT_GT(pages, 1);
}

TEST_F(ResultServiceTest, FiltersSelectAndBadOnesAreAllNamed) {
  PutSites("run1", 7);
  v1::ListSitesRequest request;
  request.set_min_velocity_mm_yr(5);
  request.mutable_bbox()->set_west(17), request.mutable_bbox()->set_east(19);
  request.mutable_bbox()->set_south(49), request.mutable_bbox()->set_north(51);
  v1::ListSitesResponse response;
  ASSERT_TRUE(List(request, response).ok());
  EXPECT_EQ(response.sites_size(), 2);
  request.mutable_bbox()->set_west(181);
  request.mutable_bbox()->set_south(std::nan(""));
  request.set_from_date("yesterday");
  request.set_min_velocity_mm_yr(-1);
  const grpc::Status status = List(request, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("west 181"));
  EXPECT_THAT(status.error_message(), HasSubstr("south"));
  EXPECT_THAT(status.error_message(), HasSubstr("from_date"));
  EXPECT_THAT(status.error_message(), HasSubstr("min_velocity_mm_yr"));
}

TEST_F(ResultServiceTest, PagesOfAnotherListAreRefused) {
  PutSites("run1", 7);
  v1::ListSitesRequest request;
  request.set_page_size(2);
  v1::ListSitesResponse response;
  ASSERT_TRUE(List(request, response).ok());
  request.set_page_token(response.next_page_token());
  request.set_track("other");
  EXPECT_EQ(List(request, response).error_code(), grpc::StatusCode::OUT_OF_RANGE);
  request.set_page_size(1001);
  EXPECT_EQ(List(request, response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ResultServiceTest, ASiteIsAnsweredWholeOrNotFound) {
  Publish();
  v1::GetSiteRequest request;
  request.set_site_id(stored_.sites[0].site_id);
  v1::Site site;
  ASSERT_TRUE(Call(&v1::ResultService::Stub::GetSite, request, site).ok());
  EXPECT_EQ(site.run_id(), stored_.run_id());
  EXPECT_EQ(site.track(), stored_.track().name);
  EXPECT_EQ(site.kind(), "both");
  EXPECT_EQ(site.first_date(), "2024-01-03");
  EXPECT_NEAR(site.vel_max_mm_yr(), -300, 30);
  EXPECT_THAT(site.outline_wkt(), HasSubstr("POLYGON ((18.2"));
  EXPECT_FALSE(site.provisional());
  EXPECT_GT(site.updated_at().seconds(), 1'600'000'000);
  request.set_site_id("nobody's");
  EXPECT_EQ(Call(&v1::ResultService::Stub::GetSite, request, site).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ResultServiceTest, SeriesOfTheMeanAndOfAPixel) {
  Publish();
  const SiteRecord& made = stored_.sites[0];
  v1::GetSeriesRequest request;
  request.set_site_id(made.site_id);
  v1::Series series;
  ASSERT_TRUE(Call(&v1::ResultService::Stub::GetSeries, request, series).ok());
  const DisplacementSeries mean = MeanSeries(made);
  EXPECT_EQ(series.pixels(), mean.pixels);
  ASSERT_EQ(series.dates_size(), 12);
  EXPECT_EQ(series.dates(0), "2024-01-03");
  EXPECT_EQ(series.displacement_mm(11), mean.displacement_mm[11]);
  EXPECT_EQ(series.displacement_std_mm(11), mean.displacement_std_mm[11]);

  request.mutable_pixel()->set_row(120);
  request.mutable_pixel()->set_col(150);
  ASSERT_TRUE(Call(&v1::ResultService::Stub::GetSeries, request, series).ok());
  EXPECT_EQ(series.pixels(), 1);
  EXPECT_NEAR(series.vel_mm_yr(), 1e3 * stored_.bowls[0].Rate(120, 150), 1e-3);
  request.mutable_pixel()->set_row(-5);
  const grpc::Status outside = Call(&v1::ResultService::Stub::GetSeries, request, series);
  EXPECT_EQ(outside.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(outside.error_message(), HasSubstr("is not a pixel of site"));
}

TEST_F(ResultServiceTest, ASiteWithoutSeriesSaysWhy) {
  Publish(StoredRun::OneDead());
  v1::GetSeriesRequest request;
  request.set_site_id(stored_.sites[1].site_id);
  v1::Series series;
  const grpc::Status status = Call(&v1::ResultService::Stub::GetSeries, request, series);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("no coherent ground"));
}

TEST_F(ResultServiceTest, ProductsAreNamedWithTheirHashes) {
  v1::GetProductsRequest request;
  request.set_run_id(stored_.run_id());
  v1::GetProductsResponse response;
  EXPECT_EQ(Call(&v1::ResultService::Stub::GetProducts, request, response).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
  Publish();
  ASSERT_TRUE(Call(&v1::ResultService::Stub::GetProducts, request, response).ok());
  EXPECT_EQ(response.folder_uri(), folder_of_run_(stored_.run_id()));
  EXPECT_EQ(response.manifest_sha256(), *Sha256File(response.folder_uri() + "/manifest.json"));
  ASSERT_EQ(response.products_size(), 8);
  for (const v1::Product& product : response.products()) {
    EXPECT_EQ(product.uri(), response.folder_uri() + "/" + product.path());
    EXPECT_EQ(product.sha256(), *Sha256File(product.uri()));
    EXPECT_EQ(product.bytes(), std::filesystem::file_size(product.uri()));
  }
  for (const char* unknown : {"ffffffffffff", "../../../../etc", "", "0123456789ab/../0123456789ab"}) {
    request.set_run_id(unknown);
    EXPECT_EQ(Call(&v1::ResultService::Stub::GetProducts, request, response).error_code(), grpc::StatusCode::NOT_FOUND)
        << unknown;
  }
}

TEST_F(ResultServiceTest, ManyProductsComePageByPage) {
  constexpr int kSites = 20'000;
  const auto put_manifest = [&](const std::string& extra) {
    std::string list;
    for (int i = 0; i < kSites; ++i) {
      list += fmt::format(R"({{"path":"sites/FW-005A-{:08}.h5","sha256":"{}","bytes":1}},)", i, std::string(64, 'a'));
    }
    list.back() = ' ';
    ASSERT_TRUE(
        io::WriteWholeFile(folder_of_run_(stored_.run_id()) + "/manifest.json",
                           fmt::format(R"({{"run_id":"{}","x":"{}","products":[{}]}})", stored_.run_id(), extra, list))
            .ok());
  };
  put_manifest("");
  v1::GetProductsRequest request;
  request.set_run_id(stored_.run_id());
  std::set<std::string> paths;
  int pages = 0;
  do {
    v1::GetProductsResponse response;
    const grpc::Status status = Call(&v1::ResultService::Stub::GetProducts, request, response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.folder_uri(), folder_of_run_(stored_.run_id()));
    EXPECT_EQ(response.manifest_sha256(), *Sha256File(response.folder_uri() + "/manifest.json"));
    for (const v1::Product& product : response.products()) paths.insert(product.path());
    ++pages;
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(pages, kSites / 1000);
  EXPECT_EQ(paths.size(), size_t{kSites});
  request.set_page_size(3);
  v1::GetProductsResponse response;
  ASSERT_TRUE(Call(&v1::ResultService::Stub::GetProducts, request, response).ok());
  EXPECT_EQ(response.products_size(), 3);
  request.set_page_token(response.next_page_token());
  put_manifest("published anew");
  EXPECT_EQ(Call(&v1::ResultService::Stub::GetProducts, request, response).error_code(),
            grpc::StatusCode::OUT_OF_RANGE);
}

TEST_F(ResultServiceTest, WatchersGetSitesAsTheyChange) {
  PutSites("before", 1);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  v1::WatchSitesRequest request;
  request.set_min_velocity_mm_yr(4);
  const auto reader = stub_->WatchSites(&context, request);
  reader->WaitForInitialMetadata();
  PutSites("run1", 6);
  v1::Site first, second;
  ASSERT_TRUE(reader->Read(&first));
  ASSERT_TRUE(reader->Read(&second));
  EXPECT_EQ(first.site_id(), "s0004");
  EXPECT_EQ(second.site_id(), "s0005");
  EXPECT_EQ(first.run_id(), "run1");
  context.TryCancel();
  v1::Site rest;
  EXPECT_FALSE(reader->Read(&rest)) << rest.site_id() << " of run " << rest.run_id();
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(ResultServiceTest, AWatchEndsWhenTheServerDrains) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto reader = stub_->WatchSites(&context, {});
  reader->WaitForInitialMetadata();
  v1::Site site;
  std::thread drain([this] {
    service::AskToDrain();
    server_->Drain();
  });
  EXPECT_FALSE(reader->Read(&site));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  drain.join();
  service::ForgetDraining();
}

TEST_F(ResultServiceTest, ASlowWatcherHoldsNothing) {
  // Far more than the connection buffers; the client takes nothing until all is written.
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto reader = stub_->WatchSites(&context, {});
  reader->WaitForInitialMetadata();
  for (int i = 0; i < 30; ++i) PutSites(fmt::format("run{:02}", i), 50, 200);
  PutSites("last", 1);
  v1::Site site;
  std::string last_run;
  while (reader->Read(&site)) {
    EXPECT_GE(site.run_id() == "last" ? "zz" : site.run_id(), last_run) << "in the order of the changes";
    last_run = site.run_id();
    if (last_run == "last") break;
  }
  EXPECT_EQ(last_run, "last");
  context.TryCancel();
}

TEST(ResultMessages, OutlinesAreWkt) {
  EXPECT_EQ(ToWkt({}), "");
  EXPECT_EQ(ToWkt({{18.25, 50}, {18.5, 50}, {18.5, 50.125}}), "POLYGON ((18.25 50, 18.5 50, 18.5 50.125, 18.25 50))");
}

}  // namespace
}  // namespace fringewatch::results
