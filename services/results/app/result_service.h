/// ResultService over gRPC: answers from the inventory, the store and the run folders. Holds no state.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "common/service/rpc_gate.h"
#include "common/store/store.h"
#include "fringewatch/v1/results.grpc.pb.h"
#include "services/results/app/site_inventory.h"

namespace fringewatch::results {

/// What the service works with. The references must outlive it.
struct ResultParts {
  service::RpcGate& gate;
  const SiteInventory& inventory;
  const Store& store;
  std::function<std::string(const std::string& run_id)> folder_of_run;  ///< where its products are, or will be
};

class ResultService final : public v1::ResultService::Service {
 public:
  explicit ResultService(ResultParts parts) : parts_(std::move(parts)) {}

  grpc::Status ListSites(grpc::ServerContext* context, const v1::ListSitesRequest* request,
                         v1::ListSitesResponse* response) override;
  grpc::Status GetSite(grpc::ServerContext* context, const v1::GetSiteRequest* request, v1::Site* response) override;
  grpc::Status GetSeries(grpc::ServerContext* context, const v1::GetSeriesRequest* request,
                         v1::Series* response) override;
  grpc::Status GetProducts(grpc::ServerContext* context, const v1::GetProductsRequest* request,
                           v1::GetProductsResponse* response) override;
  grpc::Status WatchSites(grpc::ServerContext* context, const v1::WatchSitesRequest* request,
                          grpc::ServerWriter<v1::Site>* writer) override;

 private:
  [[nodiscard]] Status List(const v1::ListSitesRequest& request, v1::ListSitesResponse& response);
  [[nodiscard]] Status Series(const v1::GetSeriesRequest& request, v1::Series& response);
  [[nodiscard]] Status Products(const v1::GetProductsRequest& request, v1::GetProductsResponse& response);
  [[nodiscard]] Status Watch(const v1::WatchSitesRequest& request, grpc::ServerContext& context,
                             grpc::ServerWriter<v1::Site>& writer);

  const ResultParts parts_;
};

}  // namespace fringewatch::results
