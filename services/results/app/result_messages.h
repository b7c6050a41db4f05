/// The messages of ResultService: requests checked and turned into queries, answers written.
#pragma once

#include "fringewatch/v1/results.pb.h"
#include "services/results/app/site_inventory.h"
#include "services/results/core/site_mean.h"

namespace fringewatch::results {

/// \error kBadOption with every bad field
[[nodiscard]] StatusOr<SiteQuery> ToQuery(const v1::ListSitesRequest& request);
[[nodiscard]] StatusOr<SiteQuery> ToQuery(const v1::WatchSitesRequest& request);

/// Names the list that a page token belongs to: the filters, not the page.
[[nodiscard]] std::string NameOfList(const v1::ListSitesRequest& request);

[[nodiscard]] v1::Site ToMessage(const InventorySite& site);
[[nodiscard]] v1::Series ToMessage(const InventorySite& site, const DisplacementSeries& series);

/// The products that a manifest lists, as they lie in `folder_uri`. \error kNotReadable when it is no manifest
[[nodiscard]] StatusOr<v1::GetProductsResponse> ProductsOf(const std::string& manifest, const std::string& folder_uri);

/// "POLYGON ((18.2 50.4, ...))", empty for an empty ring.
[[nodiscard]] std::string ToWkt(const std::vector<io::LonLat>& ring);

}  // namespace fringewatch::results
