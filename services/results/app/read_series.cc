#include "services/results/app/read_series.h"

#include "common/io/mintpy_file.h"

namespace fringewatch::results {

Status ReadSeries(const Store& store, const std::string& key, SiteRecord& site) {
  FW_ASSIGN_OR_RETURN(const std::string stored, store.Get(key));
  StatusOr<SiteSeries> series = io::DecodeSiteFile(stored);
  if (!series.ok()) return Annotate(series.status(), key);
  site.series = *std::move(series);
  site.has_series = true;
  site.series_key = key;
  return {};
}

}  // namespace fringewatch::results
