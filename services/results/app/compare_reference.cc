#include "services/results/app/compare_reference.h"

#include "common/io/geopackage.h"
#include "common/io/raster_file.h"
#include "common/raster/outline.h"

namespace fringewatch::results {

StatusOr<std::vector<VelocityComparison>> CompareWithReference(const std::string& run_folder,
                                                               const std::string& reference_path) {
  FW_ASSIGN_OR_RETURN(const io::RasterFile found, io::ReadRaster(run_folder + "/velocity.tif"));
  FW_ASSIGN_OR_RETURN(const io::RasterFile reference, io::ReadRaster(reference_path));
  if (reference.grid.rows != found.grid.rows || reference.grid.cols != found.grid.cols) {
    return Error(Fault::kGridMismatch, "{}: {} x {} pixels, the run has {} x {}; resample it to the run's velocity.tif",
                 reference_path, reference.grid.rows, reference.grid.cols, found.grid.rows, found.grid.cols);
  }
  FW_ASSIGN_OR_RETURN(const io::PolygonLayer sites,
                      io::ReadGeoPackage(run_folder + "/sites.gpkg", "sites", found.grid));
  std::vector<VelocityComparison> comparisons = {CompareVelocities("all sites", found.values, reference.values, {})};
  for (const io::PolygonFeature& site : sites.features) {
    comparisons.push_back(CompareVelocities(sites.Text(site, "site_id"), found.values, reference.values,
                                            RasteriseOutline(site.outline, found.values.frame())));
  }
  return comparisons;
}

}  // namespace fringewatch::results
