#include "services/results/app/result_service.h"

#include <algorithm>
#include <cctype>

#include "common/io/file_replace.h"
#include "common/io/files.h"
#include "common/io/vsi.h"
#include "common/run/run_record.h"
#include "common/service/shutdown.h"
#include "common/wire/message_text.h"
#include "common/wire/page_token.h"
#include "services/results/app/read_series.h"
#include "services/results/app/result_messages.h"

namespace fringewatch::results {
namespace {

using service::Call;
using service::Role;

constexpr int kChangesAtOnce = 100;
/// How soon a watch that has nothing to tell notices that its client is gone.
constexpr auto kWatchPause = std::chrono::milliseconds(500);

/// As every run id is: it becomes part of paths.
bool LooksLikeRunId(const std::string& run_id) {
  return run_id.size() == 12 && std::all_of(run_id.begin(), run_id.end(),
                                            [](unsigned char c) { return std::isdigit(c) || (c >= 'a' && c <= 'f'); });
}

StatusOr<std::string> ReadManifest(const std::string& folder) {
  const std::string path = io::JoinPath(folder, "manifest.json");
  return io::IsVirtualPath(path) ? io::ReadObject(path) : io::ReadWholeFile(path);
}

/// The page of `all` that the request asks for. Its token holds as long as the manifest is the same.
Status PageOf(v1::GetProductsResponse all, const v1::GetProductsRequest& request, v1::GetProductsResponse& response) {
  constexpr size_t kUsualPage = 1000;
  FW_ASSIGN_OR_RETURN(const size_t asked, wire::PageSize(request.page_size()));
  const size_t page_size = request.page_size() == 0 ? kUsualPage : asked;
  const std::string list = "products " + all.manifest_sha256();
  FW_ASSIGN_OR_RETURN(const std::vector<std::string> position, wire::ReadPageToken(list, request.page_token(), 1));
  google::protobuf::RepeatedPtrField<v1::Product> products;
  products.Swap(all.mutable_products());
  response = std::move(all);
  bool is_after = position.empty();
  size_t bytes = 0;
  for (v1::Product& product : products) {
    const int size = response.products_size();
    bytes += is_after ? product.ByteSizeLong() : 0;
    if (size > 0 && (static_cast<size_t>(size) == page_size || bytes > wire::kPageBytes)) {
      response.set_next_page_token(wire::MakePageToken(list, {response.products(size - 1).path()}));
      return {};
    }
    if (is_after) {
      *response.add_products() = std::move(product);
    } else {
      is_after = product.path() == position[0];
    }
  }
  return {};
}

}  // namespace

grpc::Status ResultService::ListSites(grpc::ServerContext* context, const v1::ListSitesRequest* request,
                                      v1::ListSitesResponse* response) {
  return parts_.gate.Unary(*context, "ListSites", Role::kViewer, [&](Call&) { return List(*request, *response); });
}

grpc::Status ResultService::GetSite(grpc::ServerContext* context, const v1::GetSiteRequest* request,
                                    v1::Site* response) {
  return parts_.gate.Unary(*context, "GetSite", Role::kViewer, [&](Call&) -> Status {
    FW_ASSIGN_OR_RETURN(const InventorySite site, parts_.inventory.Get(request->site_id(), request->run_id()));
    *response = ToMessage(site);
    return {};
  });
}

grpc::Status ResultService::GetSeries(grpc::ServerContext* context, const v1::GetSeriesRequest* request,
                                      v1::Series* response) {
  return parts_.gate.Unary(*context, "GetSeries", Role::kViewer, [&](Call&) { return Series(*request, *response); });
}

grpc::Status ResultService::GetProducts(grpc::ServerContext* context, const v1::GetProductsRequest* request,
                                        v1::GetProductsResponse* response) {
  return parts_.gate.Unary(*context, "GetProducts", Role::kViewer,
                           [&](Call&) { return Products(*request, *response); });
}

grpc::Status ResultService::WatchSites(grpc::ServerContext* context, const v1::WatchSitesRequest* request,
                                       grpc::ServerWriter<v1::Site>* writer) {
  return parts_.gate.Stream(*context, "WatchSites", Role::kViewer,
                            [&](Call&) { return Watch(*request, *context, *writer); });
}

Status ResultService::List(const v1::ListSitesRequest& request, v1::ListSitesResponse& response) {
  FW_ASSIGN_OR_RETURN(const SiteQuery query, ToQuery(request));
  FW_ASSIGN_OR_RETURN(const size_t page_size, wire::PageSize(request.page_size()));
  const std::string list = NameOfList(request);
  FW_ASSIGN_OR_RETURN(const std::vector<std::string> position, wire::ReadPageToken(list, request.page_token(), 1));
  // One more than fits tells whether there is another page.
  FW_ASSIGN_OR_RETURN(
      const std::vector<InventorySite> sites,
      parts_.inventory.List(query, position.empty() ? std::string() : position[0], static_cast<int>(page_size) + 1));
  size_t bytes = 0;
  for (const InventorySite& site : sites) {
    v1::Site message = ToMessage(site);
    bytes += message.ByteSizeLong();
    const int size = response.sites_size();
    if (size > 0 && (static_cast<size_t>(size) == page_size || bytes > wire::kPageBytes)) {
      response.set_next_page_token(wire::MakePageToken(list, {response.sites(size - 1).site_id()}));
      return {};
    }
    *response.add_sites() = std::move(message);
  }
  return {};
}

Status ResultService::Series(const v1::GetSeriesRequest& request, v1::Series& response) {
  FW_ASSIGN_OR_RETURN(const InventorySite site, parts_.inventory.Get(request.site_id(), request.run_id()));
  if (site.series_key.empty()) {
    return Error(Fault::kWrongState, "site {} of run {} has no series: {}", site.site_id, site.run_id, site.failure);
  }
  SiteRecord record;
  record.site_id = site.site_id;
  FW_RETURN_IF_ERROR(ReadSeries(parts_.store, site.series_key, record));
  if (!request.has_pixel()) {
    response = ToMessage(site, MeanSeries(record));
    return {};
  }
  FW_ASSIGN_OR_RETURN(const DisplacementSeries series,
                      PixelSeries(record, request.pixel().row(), request.pixel().col()));
  response = ToMessage(site, series);
  return {};
}

Status ResultService::Products(const v1::GetProductsRequest& request, v1::GetProductsResponse& response) {
  const std::string& run_id = request.run_id();
  if (!LooksLikeRunId(run_id) || !parts_.store.Exists(RecordKey(run_id))) {
    return Error(Fault::kUnknownName, "no run '{}'", wire::MessageText(run_id, 64));
  }
  const std::string folder = parts_.folder_of_run(run_id);
  const StatusOr<std::string> manifest = ReadManifest(folder);
  if (!manifest.ok() && manifest.status().code() != CodeOf(Fault::kNotReadable)) return manifest.status();
  if (!manifest.ok()) {
    return Error(Fault::kWrongState, "run {} has no products yet; they are there when it has ended", run_id);
  }
  FW_ASSIGN_OR_RETURN(v1::GetProductsResponse all, ProductsOf(*manifest, folder));
  return PageOf(std::move(all), request, response);
}

Status ResultService::Watch(const v1::WatchSitesRequest& request, grpc::ServerContext& context,
                            grpc::ServerWriter<v1::Site>& writer) {
  FW_ASSIGN_OR_RETURN(const SiteQuery query, ToQuery(request));
  FW_ASSIGN_OR_RETURN(int64_t told, parts_.inventory.LastChange());
  // From the headers on, a client misses no change.
  writer.SendInitialMetadata();
  // Nothing is kept for a client: however slow it is, the next changes are read when it has taken the last ones.
  while (!context.IsCancelled()) {
    if (service::Draining()) {
      return Error(Fault::kDraining, "this server is being stopped; watch again at another one");
    }
    FW_ASSIGN_OR_RETURN(const int64_t last, parts_.inventory.LastChange());
    FW_ASSIGN_OR_RETURN(const std::vector<SiteChange> changes, parts_.inventory.Changes(query, told, kChangesAtOnce));
    for (const SiteChange& change : changes) {
      if (!writer.Write(ToMessage(change.site))) return Error(Fault::kInterrupted, "the client hung up");
      told = change.number;
    }
    if (static_cast<int>(changes.size()) == kChangesAtOnce) continue;
    told = std::max(told, last);  // changes that the query does not ask for are past, too
    parts_.inventory.WaitForChange(told, kWatchPause);
  }
  return Error(Fault::kInterrupted, "the client hung up");
}

}  // namespace fringewatch::results
