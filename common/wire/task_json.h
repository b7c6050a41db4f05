/// What travels in task payloads and small artifacts, as JSON: tiles and flagged sites.
#pragma once

#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/raster/tiling.h"
#include "common/stack/site.h"

namespace fringewatch::wire {

/// Answer of one detection task: the artifact that fan-in and resumed runs read.
struct DetectAnswer {
  std::vector<FlaggedSite> sites;
  long pixels_scanned = 0;  ///< pixels x pairs
};

/// Which flagged site a patch task unwraps: payloads stay small, the site itself lies in the store.
struct PatchOrder {
  std::string detect_key;  ///< artifact of the detection task that found it
  int site_index = 0;      ///< in DetectAnswer::sites
};

/// A measured site: where the detector's and the unwrapper's artifacts lie.
struct SiteResult {
  PatchOrder order;
  std::string series_key;  ///< site file
};

[[nodiscard]] std::string TileToJson(const Tile& tile);
[[nodiscard]] std::string PatchOrderToJson(const PatchOrder& order);
[[nodiscard]] std::string SiteResultToJson(const SiteResult& result);
[[nodiscard]] std::string DetectAnswerToJson(const DetectAnswer& answer);

/// \error kInternal with the text when it is not what the writer made.
[[nodiscard]] StatusOr<Tile> TileFromJson(const std::string& text);
[[nodiscard]] StatusOr<PatchOrder> PatchOrderFromJson(const std::string& text);
[[nodiscard]] StatusOr<SiteResult> SiteResultFromJson(const std::string& text);
[[nodiscard]] StatusOr<DetectAnswer> DetectAnswerFromJson(const std::string& text);

/// The site that `order` points at, out of the text of its detection answer. \error kInternal: no such site.
[[nodiscard]] StatusOr<FlaggedSite> SiteFromAnswer(const PatchOrder& order, const std::string& answer_json);

}  // namespace fringewatch::wire
