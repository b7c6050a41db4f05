/// The lasting inventory of sites, over all runs: what ListSites, GetSite and WatchSites answer from.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "services/results/app/inventory_site.h"

namespace fringewatch::results {

/// Longitude and latitude, degrees; west > east crosses the date line.
struct GeoBox {
  double west = -180, south = -90, east = 180, north = 90;
};

/// Which sites. All conditions must hold; one left empty holds always.
struct SiteQuery {
  std::optional<GeoBox> box;      ///< the site's extent touches it; sites without georeference touch no box
  std::string run_id;             ///< empty = of each site the newest run that has published it, else the newest
  std::string from_date;          ///< YYYY-MM-DD: the series reaches this day, or goes beyond it
  std::string to_date;            ///< YYYY-MM-DD: the series begins no later
  double min_velocity_mm_yr = 0;  ///< of the fastest part, either way; above 0, unmeasured sites do not count
  std::string track;
};

/// A site and the number of the change that made it what it is. Numbers grow in the order in which changes become
/// visible, over all processes that share the inventory.
struct SiteChange {
  int64_t number = 0;
  InventorySite site;
};

/// Thread-safe. Readers see each write as a whole or not at all, and are not held up by writers.
/// Every function may give kServiceAway when the database is away or busy for long, and kNotReadable or kNotWritable
/// when it refuses.
class SiteInventory {
 public:
  virtual ~SiteInventory() = default;

  /// A site as it is measured, while its run is going on. Left out when the run was published already (ReplaceRun):
  /// a worker that slept over its lease brings back no site that was merged away since.
  [[nodiscard]] virtual Status PutProvisional(const InventorySite& site) = 0;

  /// Asked when no other writer can come between.
  using Condition = std::function<StatusOr<bool>()>;

  /// The run's sites are these and no others, if `holds`; else nothing changes. A site that stays as it was is no
  /// change. \error those of `holds`
  [[nodiscard]] virtual Status ReplaceRunIf(const Condition& holds, const std::string& run_id,
                                            const std::vector<InventorySite>& sites) = 0;
  [[nodiscard]] Status ReplaceRun(const std::string& run_id, const std::vector<InventorySite>& sites) {
    return ReplaceRunIf([]() -> StatusOr<bool> { return true; }, run_id, sites);
  }

  /// At most `limit` sites whose id comes after `after_site_id`, by id.
  [[nodiscard]] virtual StatusOr<std::vector<InventorySite>> List(const SiteQuery& query,
                                                                  const std::string& after_site_id,
                                                                  int limit) const = 0;

  /// Empty `run_id`: as List. \error kUnknownName
  [[nodiscard]] virtual StatusOr<InventorySite> Get(const std::string& site_id, const std::string& run_id) const = 0;

  /// The number of the last change; 0 at the beginning.
  [[nodiscard]] virtual StatusOr<int64_t> LastChange() const = 0;

  /// At most `limit` sites that changed after change `after`, in the order of the changes. Of a site that changed
  /// more than once only its last state. The query's run is empty: of every run.
  [[nodiscard]] virtual StatusOr<std::vector<SiteChange>> Changes(const SiteQuery& query, int64_t after,
                                                                  int limit) const = 0;

  /// Waits until there may be a change after `after` or `time` has passed. Changes by other processes may be seen a
  /// second late.
  virtual void WaitForChange(int64_t after, std::chrono::milliseconds time) const = 0;
};

/// \error kUnknownName, always: what Get says of a site that is not there.
[[nodiscard]] Status UnknownSite(const std::string& site_id, const std::string& run_id);

/// An inventory that ends with the process: tests.
[[nodiscard]] std::unique_ptr<SiteInventory> OpenMemoryInventory();

/// An inventory in a GeoPackage or PostGIS, in the layer `sites` (EPSG:4326); made when missing.
///   inventory.gpkg          a GeoPackage: one machine, any number of processes
///   FILE                    a file whose first line is GDAL's connection string of a PostGIS database, "PG:host=...".
///                           It may hold a password, so it is named here and never shown.
/// \error kBadOption for another kind of file; kServiceAway, kNotWritable
[[nodiscard]] StatusOr<std::unique_ptr<SiteInventory>> OpenInventory(const std::string& uri);

}  // namespace fringewatch::results
