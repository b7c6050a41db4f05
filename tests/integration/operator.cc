#include "tests/integration/operator.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/base/hash.h"

namespace fringewatch::integration {
namespace {

/// Of one call: short, so that a stopped process is noticed and asked again.
constexpr double kCall_s = 20;

Status FromGrpc(const grpc::Status& status) {
  return Status(static_cast<StatusCode>(status.error_code()), status.error_message());
}

/// The server went away, or did not answer in time: the same question may be asked again.
bool AskAgain(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED ||
         status.error_code() == grpc::StatusCode::CANCELLED;
}

bool Passed(Moment deadline) { return std::chrono::steady_clock::now() >= deadline; }

Moment CallDeadline(Moment deadline) { return std::min(deadline, Within(kCall_s)); }

/// Whatever it is: asks until it is answered.
template <typename Request, typename Response, typename Method>
Status Ask(Cluster& cluster, const Request& request, Response& response, Moment deadline, Method method) {
  while (true) {
    const grpc::Status status = method(cluster.Call(CallDeadline(deadline)).get(), request, &response);
    if (status.ok()) return {};
    if (!AskAgain(status)) return FromGrpc(status);
    if (Passed(deadline)) return Error(Fault::kDeadline, "{}\n{}", status.error_message(), cluster.Logs());
  }
}

std::string HashOfFile(const std::string& path) {
  const StatusOr<std::string> hash = Sha256File(path);
  return hash.ok() ? *hash : MessageOf(hash.status());
}

}  // namespace

bool IsFinal(v1::RunState state) {
  return state == v1::SUCCEEDED || state == v1::PARTIAL || state == v1::FAILED || state == v1::CANCELLED;
}

StatusOr<v1::Run> Submit(Cluster& cluster, const v1::SubmitTrackRequest& request, Moment deadline) {
  v1::SubmitTrackResponse response;
  FW_RETURN_IF_ERROR(Ask(cluster, request, response, deadline, [&](auto* context, const auto& asked, auto* answer) {
    return cluster.jobs().SubmitTrack(context, asked, answer);
  }));
  return response.run();
}

StatusOr<v1::RunProgress> AwaitProgress(Cluster& cluster, const std::string& run_id, Moment deadline,
                                        const std::function<bool(const v1::RunProgress&)>& pleases) {
  v1::WatchRunRequest request;
  request.set_run_id(run_id);
  v1::RunProgress progress;
  while (true) {
    const auto context = cluster.Call(CallDeadline(deadline));
    const auto stream = cluster.jobs().WatchRun(context.get(), request);
    while (stream->Read(&progress)) {
      if (!pleases(progress)) continue;
      context->TryCancel();
      stream->Finish();
      return progress;
    }
    const grpc::Status status = stream->Finish();
    if (status.ok()) return Error(Fault::kWrongState, "run ended: {}", progress.ShortDebugString());
    if (!AskAgain(status)) return FromGrpc(status);
    if (Passed(deadline)) {
      return Error(Fault::kDeadline, "run {} hangs: {}\n{}", run_id, progress.ShortDebugString(), cluster.Logs());
    }
  }
}

StatusOr<v1::Run> AwaitEnd(Cluster& cluster, const std::string& run_id, Moment deadline) {
  FW_ASSIGN_OR_RETURN(
      const v1::RunProgress progress,
      AwaitProgress(cluster, run_id, deadline, [](const v1::RunProgress& now) { return IsFinal(now.run().state()); }));
  return progress.run();
}

Products ProductsOf(Cluster& cluster, const std::string& run_id) {
  v1::GetProductsRequest request;
  request.set_run_id(run_id);
  v1::GetProductsResponse response;
  const Status asked =
      Ask(cluster, request, response, Within(60), [&](auto* context, const auto& question, auto* answer) {
        return cluster.answers().GetProducts(context, question, answer);
      });
  EXPECT_TRUE(asked.ok()) << MessageOf(asked);
  const std::string folder = cluster.ProductFolder() + "/" + run_id;
  EXPECT_EQ(response.manifest_sha256(), HashOfFile(folder + "/manifest.json"));
  Products products;
  for (const v1::Product& product : response.products()) {
    products[product.path()] = product.sha256();
    EXPECT_EQ(HashOfFile(folder + "/" + product.path()), product.sha256()) << product.path();
  }
  return products;
}

std::vector<std::string> SitesOf(Cluster& cluster, const std::string& run_id) {
  v1::ListSitesRequest request;
  request.set_run_id(run_id);
  request.set_page_size(3);  // several pages
  std::vector<std::string> sites;
  do {
    v1::ListSitesResponse response;
    const Status asked =
        Ask(cluster, request, response, Within(60), [&](auto* context, const auto& question, auto* answer) {
          return cluster.answers().ListSites(context, question, answer);
        });
    EXPECT_TRUE(asked.ok()) << MessageOf(asked);
    for (v1::Site site : response.sites()) {
      EXPECT_FALSE(site.provisional()) << site.site_id();
      site.clear_updated_at();
      sites.push_back(site.ShortDebugString());
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  std::sort(sites.begin(), sites.end());
  return sites;
}

}  // namespace fringewatch::integration
