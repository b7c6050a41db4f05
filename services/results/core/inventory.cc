#include "services/results/core/inventory.h"

#include <algorithm>
#include <tuple>

#include "services/results/core/outline_overlap.h"

namespace fringewatch::results {
namespace {

constexpr double kSameSiteOverlap = 0.3;

bool HoldsPeak(const PixelRing& ring, const FlaggedSite& site) {
  return RingContains(ring, site.peak_row + 0.5, site.peak_col + 0.5);
}

bool SameSite(const SiteRecord& a, const SiteRecord& b) {
  if (a.site_id == b.site_id) return true;
  if (Intersect(BoxOf(a.flagged.outline), BoxOf(b.flagged.outline)).empty()) return false;
  return HoldsPeak(a.flagged.outline, b.flagged) || HoldsPeak(b.flagged.outline, a.flagged) ||
         OverlapOf(a.flagged.outline, b.flagged.outline).OfSmaller() > kSameSiteOverlap;
}

auto Place(const SiteRecord& site) {
  return std::tuple(-site.flagged.score, site.site_id, site.flagged.peak_row, site.flagged.peak_col);
}

}  // namespace

Inventory BuildInventory(std::vector<SiteRecord> sites) {
  std::sort(sites.begin(), sites.end(), [](const SiteRecord& a, const SiteRecord& b) {
    return std::tuple_cat(std::tuple(!a.has_series), Place(a)) < std::tuple_cat(std::tuple(!b.has_series), Place(b));
  });
  Inventory inventory;
  for (SiteRecord& site : sites) {
    const auto same = std::find_if(inventory.sites.begin(), inventory.sites.end(),
                                   [&](const SiteRecord& kept) { return SameSite(kept, site); });
    if (same == inventory.sites.end()) {
      inventory.sites.push_back(std::move(site));
    } else {
      inventory.merged_away.push_back(
          fmt::format("{} (peak at row {}, col {}, score {:.3f}) overlaps {} and is taken for the same site",
                      site.site_id, site.flagged.peak_row, site.flagged.peak_col, site.flagged.score, same->site_id));
    }
  }
  std::sort(inventory.sites.begin(), inventory.sites.end(),
            [](const SiteRecord& a, const SiteRecord& b) { return Place(a) < Place(b); });
  return inventory;
}

}  // namespace fringewatch::results
