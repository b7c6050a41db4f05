/// The inventory in memory: for tests, and the measure of what the databases must do.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <map>
#include <mutex>
#include <tuple>

#include "common/base/utc_text.h"
#include "services/results/app/site_inventory.h"

namespace fringewatch::results {
namespace {

bool Touches(const InventorySite& site, const GeoBox& box) {
  const Extent extent = ExtentOf(site.outline);
  const double east = box.west > box.east ? box.east + 360 : box.east;
  if (!(extent.south <= box.north && extent.north >= box.south)) return false;
  for (const double turn : {-360.0, 0.0, 360.0}) {
    if (extent.west + turn <= east && extent.east + turn >= box.west) return true;
  }
  return false;
}

bool Fits(const InventorySite& site, const SiteQuery& query) {
  return (query.run_id.empty() || site.run_id == query.run_id) && (query.track.empty() || site.track == query.track) &&
         (query.from_date.empty() || site.last_date >= query.from_date) &&
         (query.to_date.empty() || site.first_date <= query.to_date) &&
         (!(query.min_velocity_mm_yr > 0) || std::abs(site.vel_max_mm_yr) >= query.min_velocity_mm_yr) &&
         (!query.box || Touches(site, *query.box));
}

class MemoryInventory final : public SiteInventory {
 public:
  Status PutProvisional(const InventorySite& site) override {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, kept] : sites_) {
      if (kept.site.run_id == site.run_id && !kept.site.provisional) return {};
    }
    Put(site);
    changed_.notify_all();
    return {};
  }

  Status ReplaceRunIf(const Condition& holds, const std::string& run_id,
                      const std::vector<InventorySite>& sites) override {
    const std::lock_guard lock(mutex_);
    FW_ASSIGN_OR_RETURN(const bool wanted, holds());
    if (!wanted) return {};
    std::erase_if(sites_, [&](const auto& entry) {
      const InventorySite& kept = entry.second.site;
      return kept.run_id == run_id && std::none_of(sites.begin(), sites.end(), [&](const InventorySite& site) {
               return site.site_id == kept.site_id;
             });
    });
    for (const InventorySite& site : sites) Put(site);
    changed_.notify_all();
    return {};
  }

  StatusOr<std::vector<InventorySite>> List(const SiteQuery& query, const std::string& after_site_id,
                                            int limit) const override {
    const std::lock_guard lock(mutex_);
    std::vector<InventorySite> found;
    for (const auto& [key, kept] : sites_) {
      if (static_cast<int>(found.size()) >= limit) break;
      if (kept.site.site_id <= after_site_id || !Fits(kept.site, query)) continue;
      if (query.run_id.empty() && Newest(kept.site.site_id) != &kept.site) continue;
      found.push_back(kept.site);
    }
    return found;
  }

  StatusOr<InventorySite> Get(const std::string& site_id, const std::string& run_id) const override {
    const std::lock_guard lock(mutex_);
    const InventorySite* found = nullptr;
    if (run_id.empty()) {
      found = Newest(site_id);
    } else if (const auto kept = sites_.find({site_id, run_id}); kept != sites_.end()) {
      found = &kept->second.site;
    }
    if (found == nullptr) return UnknownSite(site_id, run_id);
    return *found;
  }

  StatusOr<int64_t> LastChange() const override {
    const std::lock_guard lock(mutex_);
    return last_change_;
  }

  StatusOr<std::vector<SiteChange>> Changes(const SiteQuery& query, int64_t after, int limit) const override {
    const std::lock_guard lock(mutex_);
    std::vector<SiteChange> changes;
    for (const auto& [key, kept] : sites_) {
      if (kept.number > after && Fits(kept.site, query)) changes.push_back(kept);
    }
    std::sort(changes.begin(), changes.end(),
              [](const SiteChange& a, const SiteChange& b) { return a.number < b.number; });
    if (static_cast<int>(changes.size()) > limit) changes.resize(limit);
    return changes;
  }

  void WaitForChange(int64_t after, std::chrono::milliseconds time) const override {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, time, [&] { return last_change_ > after; });
  }

 private:
  // All private functions are called with mutex_ held.

  void Put(const InventorySite& site) {
    SiteChange& kept = sites_[{site.site_id, site.run_id}];
    if (SameContent(kept.site, site)) return;
    kept = {++last_change_, site};
    kept.site.updated_at = UtcText(std::chrono::system_clock::now());
  }

  /// The site of the newest run that has published it, else of the newest; null when there is none.
  const InventorySite* Newest(const std::string& site_id) const {
    const InventorySite* newest = nullptr;
    for (auto kept = sites_.lower_bound({site_id, ""}); kept != sites_.end() && kept->first.first == site_id; ++kept) {
      const InventorySite& site = kept->second.site;
      const auto age = [](const InventorySite& s) { return std::tuple(!s.provisional, s.run_submitted_at, s.run_id); };
      if (newest == nullptr || age(site) > age(*newest)) {
        newest = &site;
      }
    }
    return newest;
  }

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<std::pair<std::string, std::string>, SiteChange> sites_;  // by site, then run
  int64_t last_change_ = 0;
};

}  // namespace

Status UnknownSite(const std::string& site_id, const std::string& run_id) {
  if (run_id.empty()) return Error(Fault::kUnknownName, "no site '{}' in the inventory", site_id);
  return Error(Fault::kUnknownName, "no site '{}' of run '{}' in the inventory", site_id, run_id);
}

std::unique_ptr<SiteInventory> OpenMemoryInventory() { return std::make_unique<MemoryInventory>(); }

}  // namespace fringewatch::results
