/// The inventory of a run: every site once, strongest first.
#pragma once

#include <string>
#include <vector>

#include "services/results/core/product.h"

namespace fringewatch::results {

struct Inventory {
  std::vector<SiteRecord> sites;         ///< by score, strongest first, then by id; ids are unique
  std::vector<std::string> merged_away;  ///< sentences: which site was taken for the same as which
};

/// Takes two records for one site when their outlines share more than 30 % of the smaller one, or one's peak lies
/// inside the other's outline, or they have the same id (neighbouring tiles see the same ground). The stronger is
/// kept, but one with a series before one without. The answer does not depend on the order of `sites`.
[[nodiscard]] Inventory BuildInventory(std::vector<SiteRecord> sites);

}  // namespace fringewatch::results
