/// The report of a run: one self-contained HTML page. No script, style, font or picture comes from elsewhere, and no
/// clock is read: equal runs have equal pages.
#pragma once

#include <string>

#include "services/results/app/report_background.h"
#include "services/results/core/inventory.h"

namespace fringewatch::results {

struct ReportInput {
  const Track& track;
  const RunFacts& facts;
  const Inventory& inventory;
  const Background& background;
};

/// The page. Every text from outside (names, paths, reasons, notes) is escaped. \error kInternal when a picture
/// cannot be encoded.
[[nodiscard]] StatusOr<std::string> ReportHtml(const ReportInput& input);

}  // namespace fringewatch::results
