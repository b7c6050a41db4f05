/// Callers that mean no good, or are broken: each gets the stated status code; the services stay up, and small.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/base/hash.h"
#include "tests/integration/operator.h"
#include "tests/integration/sockets.h"
#include "tests/support/certificates.h"

namespace fringewatch::integration {
namespace {

namespace fs = std::filesystem;
using grpc::StatusCode;

constexpr char kViewer[] = "viewer-token", kOperator[] = "operator-token", kAdmin[] = "admin-token",
               kExpired[] = "expired-token";
constexpr long kFlat_kib = 64 * 1024;  ///< what a service may grow by under attack: buffers of open connections

/// A cluster that is locked: mutual TLS, tokens, one source root, small rasters only.
struct Locked {
  Locked() {
    authority.Sign("localhost");
    authority.Sign("operator");
    authority.Sign("expired", -1);
    fs::create_directories(sources);
    fs::copy(TheFrame().source(), sources + "/track", fs::copy_options::recursive);
    std::ofstream tokens(folder / "tokens");
    tokens << "# tokens of the test\n"
           << Sha256(kViewer) << " viewer vera\n"
           << Sha256(kOperator) << " operator olga\n"
           << Sha256(kAdmin) << " admin ada\n"
           << Sha256(kExpired) << " admin emil expires 2001-01-01\n";
    tokens.close();
    Values locked{{"server.tls_certificate", Quoted(authority.CertificateOf("localhost"))},
                  {"server.tls_key", Quoted(authority.KeyOf("localhost"))},
                  {"server.tls_client_ca", Quoted(authority.certificate())},
                  {"server.token_file", Quoted(folder / "tokens")},
                  {"server.reflection", "false"},
                  {"server.audit_log", Quoted(folder / "audit.log")},
                  {"server.max_streams", "8"}};
    Values results = locked;
    locked["sources.max_rows"] = "1000";
    cluster =
        std::make_unique<Cluster>(ClusterOptions{.processes = {{Kind::kScheduler, 1}, {Kind::kResults, 1}},
                                                 .source_root = sources,
                                                 .values = {{Kind::kScheduler, locked}, {Kind::kResults, results}},
                                                 .credentials = Credentials("operator"),
                                                 .token = kAdmin});
  }

  /// Of a client that trusts the authority and shows the certificate of `name`; empty = shows none.
  [[nodiscard]] std::shared_ptr<grpc::ChannelCredentials> Credentials(const std::string& name) const {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = TextOfFile(authority.certificate());
    if (!name.empty()) {
      options.pem_cert_chain = TextOfFile(authority.CertificateOf(name));
      options.pem_private_key = TextOfFile(authority.KeyOf(name));
    }
    return grpc::SslCredentials(options);
  }

  TemporaryFolder folder;
  Authority authority{folder, "authority"};
  std::string sources = folder / "sources";
  std::unique_ptr<Cluster> cluster;
};

class Security : public testing::Test {
 protected:
  static void SetUpTestSuite() { locked_ = new Locked; }
  static void TearDownTestSuite() {
    delete locked_;
    locked_ = nullptr;
  }
  static Cluster& cluster() { return *locked_->cluster; }
  static Locked& locked() { return *locked_; }

  /// Both servers answer, and have not grown.
  void SetUp() override {
    for (const Kind kind : {Kind::kScheduler, Kind::kResults})
      before_[kind] = *cluster().service(kind).process().ResidentKib();
  }
  void TearDown() override {
    for (const Kind kind : {Kind::kScheduler, Kind::kResults}) {
      const auto now = cluster().service(kind).process().ResidentKib();
      ASSERT_TRUE(now.ok()) << MessageOf(now.status());
      EXPECT_LT(static_cast<double>(*now - before_[kind]), kFlat_kib * Patience()) << NameOf(kind) << " grew";
    }
    EXPECT_EQ(ListRuns(locked().Credentials("operator"), kViewer, true).error_code(), StatusCode::OK);
    EXPECT_EQ(ListSites(kViewer).error_code(), StatusCode::OK);
  }

  static std::unique_ptr<grpc::ClientContext> CallWith(const std::string& token) {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(static_cast<long>(20 * Patience())));
    if (!token.empty()) context->AddMetadata("authorization", "Bearer " + token);
    return context;
  }
  /// Over a new connection.
  static grpc::Status ListRuns(const std::shared_ptr<grpc::ChannelCredentials>& credentials, const std::string& token,
                               bool wait = false) {
    const auto stub = v1::JobService::NewStub(Connect(cluster().service(Kind::kScheduler).port(), credentials));
    v1::ListRunsResponse response;
    const auto context = CallWith(token);
    context->set_wait_for_ready(wait);
    return stub->ListRuns(context.get(), {}, &response);
  }
  static grpc::Status ListSites(const std::string& token) {
    v1::ListSitesResponse response;
    const auto context = CallWith(token);
    context->set_wait_for_ready(true);
    return cluster().answers().ListSites(context.get(), {}, &response);
  }
  static grpc::Status SubmitAs(const std::string& token, const v1::SubmitTrackRequest& request) {
    v1::SubmitTrackResponse response;
    return cluster().jobs().SubmitTrack(CallWith(token).get(), request, &response);
  }

 private:
  static Locked* locked_;
  std::map<Kind, long> before_;
};
Locked* Security::locked_ = nullptr;

TEST_F(Security, NoTokenOrABadOneIsUnauthenticated) {
  const auto credentials = locked().Credentials("operator");
  for (const std::string token : {"", "wrong", kExpired}) {
    EXPECT_EQ(ListRuns(credentials, token).error_code(), StatusCode::UNAUTHENTICATED) << token;
    EXPECT_EQ(ListSites(token).error_code(), StatusCode::UNAUTHENTICATED) << token;
    EXPECT_EQ(SubmitAs(token, Request(locked().sources + "/track")).error_code(), StatusCode::UNAUTHENTICATED);
  }
}

TEST_F(Security, AViewerMayNotChangeAnything) {
  EXPECT_EQ(ListRuns(locked().Credentials("operator"), kViewer).error_code(), StatusCode::OK);
  EXPECT_EQ(SubmitAs(kViewer, Request(locked().sources + "/track")).error_code(), StatusCode::PERMISSION_DENIED);
  v1::CancelRunRequest cancel;
  cancel.set_run_id("0123456789ab");
  v1::Run run;
  EXPECT_EQ(cluster().jobs().CancelRun(CallWith(kViewer).get(), cancel, &run).error_code(),
            StatusCode::PERMISSION_DENIED);
  // The audit names who was refused, and no token.
  std::ifstream file(locked().folder / "audit.log");
  const std::string audit{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(audit.find("vera"), std::string::npos) << audit;
  EXPECT_EQ(audit.find(kViewer), std::string::npos) << audit;
}

TEST_F(Security, WithoutAValidCertificateThereIsNoConnection) {
  for (const std::string name : {"", "expired"}) {
    EXPECT_EQ(ListRuns(locked().Credentials(name), kAdmin).error_code(), StatusCode::UNAVAILABLE) << name;
  }
  EXPECT_EQ(ListRuns(grpc::InsecureChannelCredentials(), kAdmin).error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(Security, SourcesOutsideTheRootsAreRefused) {
  fs::create_directory_symlink(TheFrame().source(), locked().sources + "/elsewhere");
  for (const std::string& path : {locked().sources + "/../../../../../etc", locked().sources + "/track/../../../etc",
                                  std::string("/etc"), locked().sources + "/elsewhere", locked().sources + "-other",
                                  std::string("/vsicurl/http://127.0.0.1:1/x"), std::string("http://127.0.0.1:1/x"),
                                  "/vsizip/" + locked().sources + "/../x.zip", std::string("relative/path")}) {
    const grpc::Status status = SubmitAs(kAdmin, Request(path));
    EXPECT_EQ(status.error_code(), StatusCode::PERMISSION_DENIED) << path << ": " << status.error_message();
  }
  v1::SubmitTrackRequest heights = Request(locked().sources + "/track");
  heights.mutable_source()->set_height_uri("/etc/passwd");
  EXPECT_EQ(SubmitAs(kAdmin, heights).error_code(), StatusCode::PERMISSION_DENIED);
  // Run ids are no paths either.
  for (const std::string id : {"../../etc/passwd", "..", "/etc", "0123456789ab/../x"}) {
    v1::GetRunRequest run;
    run.set_run_id(id);
    v1::Run answer;
    const auto code = cluster().jobs().GetRun(CallWith(kAdmin).get(), run, &answer).error_code();
    EXPECT_TRUE(code == StatusCode::NOT_FOUND || code == StatusCode::INVALID_ARGUMENT) << id << ": " << code;
    v1::GetProductsRequest products;
    products.set_run_id(id);
    v1::GetProductsResponse found;
    const auto other = cluster().answers().GetProducts(CallWith(kAdmin).get(), products, &found).error_code();
    EXPECT_TRUE(other == StatusCode::NOT_FOUND || other == StatusCode::INVALID_ARGUMENT) << id << ": " << other;
  }
}

/// A sparse raster of a few bytes that says it has 400 million pixels.
TEST_F(Security, AnOversizedRasterIsRefused) {
  const std::string track = locked().sources + "/huge";
  fs::create_directories(track);
  const auto made = RunProgram({"gdal_create",
                                "-q",
                                "-of",
                                "GTiff",
                                "-ot",
                                "Float32",
                                "-outsize",
                                "20000",
                                "20000",
                                "-co",
                                "SPARSE_OK=TRUE",
                                "-co",
                                "COMPRESS=DEFLATE",
                                "-co",
                                "TILED=YES",
                                "-a_srs",
                                "EPSG:4326",
                                "-a_ullr",
                                "10",
                                "50",
                                "12",
                                "48",
                                track + "/20240101_20240113.tif"},
                               locked().folder / "gdal.log", 60);
  ASSERT_TRUE(made.ok() && made->exit_code == 0) << made->errors;
  v1::SubmitTrackRequest request = Request(track);
  request.mutable_source()->set_format("geotiff");
  request.mutable_source()->set_pattern("{date1}_{date2}.tif");
  request.mutable_source()->set_wavelength_m(0.056);
  const grpc::Status status = SubmitAs(kAdmin, request);
  EXPECT_EQ(status.error_code(), StatusCode::FAILED_PRECONDITION) << status.error_message();
  EXPECT_NE(status.error_message().find("FW-1013"), std::string::npos) << status.error_message();
}

TEST_F(Security, AMessageOfFiveMebibytesIsRefused) {
  v1::SubmitTrackRequest request = Request(locked().sources + "/track");
  request.set_track(std::string(5 << 20, 'x'));
  EXPECT_EQ(SubmitAs(kAdmin, request).error_code(), StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(Security, AThousandIdleConnectionsDoNotHinder) {
  for (const Kind kind : {Kind::kScheduler, Kind::kResults}) {
    const IdleConnections idle(cluster().service(kind).port(), 1000);
    EXPECT_EQ(idle.count(), 1000);
    EXPECT_EQ(ListRuns(locked().Credentials("operator"), kViewer, true).error_code(), StatusCode::OK);
    EXPECT_EQ(ListSites(kViewer).error_code(), StatusCode::OK);
  }
}

/// Clients that open streams and read nothing: they get no more than the streams that are allowed.
TEST_F(Security, ClientsThatDoNotReadAreBounded) {
  constexpr int kAllowed = 8;  // server.max_streams
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReaderInterface<v1::Site>>> slow;
  for (int i = 0; i < kAllowed; ++i) {
    contexts.push_back(CallWith(kViewer));
    slow.push_back(cluster().answers().WatchSites(contexts.back().get(), {}));
    slow.back()->WaitForInitialMetadata();
  }
  for (int i = 0; i < 3; ++i) {
    const auto context = CallWith(kViewer);
    const auto refused = cluster().answers().WatchSites(context.get(), {});
    v1::Site site;
    EXPECT_FALSE(refused->Read(&site));
    EXPECT_EQ(refused->Finish().error_code(), StatusCode::RESOURCE_EXHAUSTED);
  }
  EXPECT_EQ(ListSites(kViewer).error_code(), StatusCode::OK);
  for (size_t i = 0; i < slow.size(); ++i) {
    contexts[i]->TryCancel();
    EXPECT_EQ(slow[i]->Finish().error_code(), StatusCode::CANCELLED);
  }
}

}  // namespace
}  // namespace fringewatch::integration
