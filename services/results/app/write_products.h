/// The run folder: every product of design section 5, written so that equal runs give equal bytes.
#pragma once

#include <string>
#include <vector>

#include "common/stack/stack_reader.h"
#include "services/results/core/inventory.h"

namespace fringewatch::results {

/// Writes run.json, sites.gpkg, velocity.tif, velocity_std.tif, sites/<site_id>.h5, report.html and, last of all,
/// manifest.json into `folder` (made when missing). Sites that two tiles saw are merged first (BuildInventory). An
/// older manifest and the site files of an older run are removed; nothing else in the folder is touched. `stack` gives
/// the track and the background of the report's map. \error kNotWritable with the file.
[[nodiscard]] Status WriteProducts(const std::string& folder, const StackReader& stack, std::vector<SiteRecord> sites,
                                   const RunFacts& facts);
/// The same for sites that are merged already.
[[nodiscard]] Status WriteMergedProducts(const std::string& folder, const StackReader& stack,
                                         const Inventory& inventory, const RunFacts& facts);

}  // namespace fringewatch::results
