/// The measured series of a site, from the store.
#pragma once

#include <string>

#include "common/store/store.h"
#include "services/results/core/product.h"

namespace fringewatch::results {

/// Fills series, has_series and series_key of `site` from the site file at `key`.
/// \error kNotReadable, kChecksumMismatch, with the key; then the site is as it was.
[[nodiscard]] Status ReadSeries(const Store& store, const std::string& key, SiteRecord& site);

}  // namespace fringewatch::results
