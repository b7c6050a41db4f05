/// The inventory in a database: one row per site and run. A counter in a table of its own numbers the changes; every
/// write begins by taking it, so writers queue up, and numbers become visible in their order.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <map>
#include <mutex>
#include <variant>

#include "common/base/utc_text.h"
#include "common/io/files.h"
#include "common/io/vector_database.h"
#include "services/results/app/site_inventory.h"

namespace fringewatch::results {
namespace {

using io::DatabaseRow;
using io::DatabaseSession;
using io::FieldType;
using Database = io::VectorDatabase;

constexpr auto kPollTime = std::chrono::seconds(1);

/// A column and the member that it holds.
struct Column {
  const char* name;
  std::variant<std::string InventorySite::*, double InventorySite::*, int InventorySite::*> member;
};

using S = InventorySite;
const Column kColumns[] = {{"site_id", &S::site_id},
                           {"run_id", &S::run_id},
                           {"run_submitted_at", &S::run_submitted_at},
                           {"track", &S::track},
                           {"kind", &S::kind},
                           {"score", &S::score},
                           {"probability", &S::probability},
                           {"first_date", &S::first_date},
                           {"last_date", &S::last_date},
                           {"area_m2", &S::area_m2},
                           {"vel_mm_yr", &S::vel_mm_yr},
                           {"vel_std_mm_yr", &S::vel_std_mm_yr},
                           {"vel_max_mm_yr", &S::vel_max_mm_yr},
                           {"accel_mm_yr2", &S::accel_mm_yr2},
                           {"quality", &S::quality},
                           {"flags", &S::flags},
                           {"orbit", &S::orbit},
                           {"pairs", &S::pairs},
                           {"peak_lon", &S::peak_lon},
                           {"peak_lat", &S::peak_lat},
                           {"peak_row", &S::peak_row},
                           {"peak_col", &S::peak_col},
                           {"failure", &S::failure},
                           {"series_key", &S::series_key},
                           {"updated_at", &S::updated_at}};
/// Columns after those: what queries need, and no member holds as it is.
const io::Field kMore[] = {{"provisional", FieldType::kInteger}, {"change", FieldType::kInteger},
                           {"west", FieldType::kReal},           {"south", FieldType::kReal},
                           {"east", FieldType::kReal},           {"north", FieldType::kReal}};

Database::Layout TableLayout() {
  Database::Layout layout{"sites", {}, {}};
  for (const Column& column : kColumns) {
    constexpr FieldType kTypes[] = {FieldType::kText, FieldType::kReal, FieldType::kInteger};
    layout.fields.push_back({column.name, kTypes[column.member.index()]});
  }
  layout.fields.insert(layout.fields.end(), std::begin(kMore), std::end(kMore));
  layout.statements = {"CREATE UNIQUE INDEX sites_by_id ON sites (site_id, run_id)",
                       "CREATE INDEX sites_by_run ON sites (run_id)",
                       "CREATE INDEX sites_by_change ON sites (change)",
                       "CREATE INDEX sites_by_place ON sites (south, west)",
                       "CREATE TABLE site_changes (last INT64 NOT NULL)",
                       "INSERT INTO site_changes (last) VALUES (0)"};
  return layout;
}

/// What every query asks for: the columns, then provisional and change; the outline comes as the row's ring.
std::string Select(const std::string& conditions) {
  std::vector<std::string> names;
  for (const Column& column : kColumns) names.emplace_back(std::string("s.") + column.name);
  return fmt::format("SELECT {}, s.provisional, s.change, s.geom FROM sites s WHERE {}", fmt::join(names, ", "),
                     conditions);
}

double NumberOf(const io::FieldValue& value) {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* integer = std::get_if<int64_t>(&value)) return static_cast<double>(*integer);
  return std::nan("");
}

StatusOr<SiteChange> ChangeOf(DatabaseRow row) {
  if (row.values.size() != std::size(kColumns) + 2) {
    return Error(Fault::kInternal, "the inventory answers with {} columns, {} were asked for", row.values.size(),
                 std::size(kColumns) + 2);
  }
  SiteChange change;
  InventorySite& site = change.site;
  for (size_t i = 0; i < std::size(kColumns); ++i) {
    const io::FieldValue& value = row.values[i];
    if (const auto* text = std::get_if<std::string S::*>(&kColumns[i].member)) {
      const auto* stored = std::get_if<std::string>(&value);
      site.*(*text) = stored != nullptr ? *stored : std::string();
    } else if (const auto* real = std::get_if<double S::*>(&kColumns[i].member)) {
      site.*(*real) = NumberOf(value);
    } else {
      site.*std::get<int S::*>(kColumns[i].member) = static_cast<int>(NumberOf(value));
    }
  }
  site.provisional = NumberOf(row.values[std::size(kColumns)]) != 0;
  change.number = static_cast<int64_t>(NumberOf(row.values[std::size(kColumns) + 1]));
  site.outline = std::move(row.ring);
  return change;
}

StatusOr<std::vector<SiteChange>> ChangesOf(StatusOr<std::vector<DatabaseRow>> rows) {
  FW_RETURN_IF_ERROR(rows.status());
  std::vector<SiteChange> changes;
  for (DatabaseRow& row : *rows) {
    FW_ASSIGN_OR_RETURN(SiteChange change, ChangeOf(std::move(row)));
    changes.push_back(std::move(change));
  }
  return changes;
}

std::string BoxCondition(const GeoBox& box) {
  const double east = box.west > box.east ? box.east + 360 : box.east;
  std::vector<std::string> turns;
  for (const int turn : {-360, 0, 360}) {
    turns.push_back(fmt::format("(s.west + {0} <= {1} AND s.east + {0} >= {2})", turn, Database::Literal(east),
                                Database::Literal(box.west)));
  }
  return fmt::format("s.south <= {} AND s.north >= {} AND ({})", Database::Literal(box.north),
                     Database::Literal(box.south), fmt::join(turns, " OR "));
}

/// As a condition on the table `s`; always true when the query is empty.
std::string ConditionOf(const SiteQuery& query) {
  std::vector<std::string> all = {"1 = 1"};
  if (!query.run_id.empty()) all.push_back("s.run_id = " + Database::Literal(query.run_id));
  if (!query.track.empty()) all.push_back("s.track = " + Database::Literal(query.track));
  if (!query.from_date.empty()) all.push_back("s.last_date >= " + Database::Literal(query.from_date));
  if (!query.to_date.empty()) all.push_back("s.first_date <= " + Database::Literal(query.to_date));
  if (query.min_velocity_mm_yr > 0) {
    all.push_back("abs(s.vel_max_mm_yr) >= " + Database::Literal(query.min_velocity_mm_yr));
  }
  if (query.box) all.push_back(BoxCondition(*query.box));
  return fmt::format("{}", fmt::join(all, " AND "));
}

// A provisional site may be all that a cancelled run leaves: it hides no published one.
constexpr const char* kNewest =
    "NOT EXISTS (SELECT 1 FROM sites n WHERE n.site_id = s.site_id AND (n.provisional < s.provisional OR "
    "(n.provisional = s.provisional AND (n.run_submitted_at > s.run_submitted_at OR "
    "(n.run_submitted_at = s.run_submitted_at AND n.run_id > s.run_id)))))";
constexpr const char* kNewestFirst = " ORDER BY s.provisional, s.run_submitted_at DESC, s.run_id DESC LIMIT 1";

StatusOr<int64_t> CounterOf(const std::vector<DatabaseRow>& rows) {
  if (rows.size() == 1 && rows[0].values.size() == 1) {
    if (const auto* last = std::get_if<int64_t>(&rows[0].values[0])) return *last;
  }
  return Error(Fault::kNotReadable, "the inventory's table site_changes does not hold one number");
}

/// Takes the counter for this transaction and gives its value. Other writers wait here.
StatusOr<int64_t> TakeCounter(DatabaseSession& session) {
  FW_RETURN_IF_ERROR(session.Execute("UPDATE site_changes SET last = last"));
  FW_ASSIGN_OR_RETURN(const auto rows, session.Query("SELECT last FROM site_changes"));
  return CounterOf(rows);
}

Status SetCounter(DatabaseSession& session, int64_t last) {
  return session.Execute(fmt::format("UPDATE site_changes SET last = {}", last));
}

Status Delete(DatabaseSession& session, const std::string& site_id, const std::string& run_id) {
  return session.Execute(fmt::format("DELETE FROM sites WHERE site_id = {} AND run_id = {}", Database::Literal(site_id),
                                     Database::Literal(run_id)));
}

class DatabaseInventory final : public SiteInventory {
 public:
  explicit DatabaseInventory(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  Status PutProvisional(const InventorySite& site) override {
    return Changed(database_->Write([&](DatabaseSession& session) -> Status {
      FW_ASSIGN_OR_RETURN(const int64_t last, TakeCounter(session));
      const std::string run = "s.run_id = " + Database::Literal(site.run_id);
      FW_ASSIGN_OR_RETURN(
          const auto published,
          session.Query(fmt::format("SELECT s.site_id FROM sites s WHERE {} AND s.provisional = 0 LIMIT 1", run)));
      if (!published.empty()) return {};
      FW_ASSIGN_OR_RETURN(
          const auto kept,
          ChangesOf(session.Query(Select(run + " AND s.site_id = " + Database::Literal(site.site_id)))));
      if (!kept.empty() && SameContent(kept[0].site, site)) return {};
      FW_RETURN_IF_ERROR(Put(session, site, last + 1));
      return SetCounter(session, last + 1);
    }));
  }

  Status ReplaceRunIf(const Condition& holds, const std::string& run_id,
                      const std::vector<InventorySite>& sites) override {
    return Changed(database_->Write([&](DatabaseSession& session) -> Status {
      FW_ASSIGN_OR_RETURN(int64_t last, TakeCounter(session));
      FW_ASSIGN_OR_RETURN(const bool wanted, holds());
      if (!wanted) return {};
      FW_ASSIGN_OR_RETURN(const auto rows, ChangesOf(session.Query(Select("s.run_id = " + Database::Literal(run_id)))));
      std::map<std::string, const InventorySite*> before;
      for (const SiteChange& row : rows) before[row.site.site_id] = &row.site;
      for (const InventorySite& site : sites) {
        const auto same = before.find(site.site_id);
        const bool unchanged = same != before.end() && SameContent(*same->second, site);
        if (same != before.end()) before.erase(same);
        if (!unchanged) FW_RETURN_IF_ERROR(Put(session, site, ++last));
      }
      for (const auto& [site_id, gone] : before) FW_RETURN_IF_ERROR(Delete(session, site_id, run_id));
      return SetCounter(session, last);
    }));
  }

  StatusOr<std::vector<InventorySite>> List(const SiteQuery& query, const std::string& after_site_id,
                                            int limit) const override {
    std::string conditions = fmt::format("s.site_id > {} AND {}", Database::Literal(after_site_id), ConditionOf(query));
    if (query.run_id.empty()) conditions += fmt::format(" AND {}", kNewest);
    FW_ASSIGN_OR_RETURN(
        auto found,
        ChangesOf(database_->Read(Select(conditions + fmt::format(" ORDER BY s.site_id LIMIT {}", limit)))));
    std::vector<InventorySite> sites;
    for (SiteChange& change : found) sites.push_back(std::move(change.site));
    return sites;
  }

  StatusOr<InventorySite> Get(const std::string& site_id, const std::string& run_id) const override {
    std::string conditions = "s.site_id = " + Database::Literal(site_id);
    if (!run_id.empty()) conditions += " AND s.run_id = " + Database::Literal(run_id);
    FW_ASSIGN_OR_RETURN(auto found, ChangesOf(database_->Read(Select(conditions + kNewestFirst))));
    if (found.empty()) return UnknownSite(site_id, run_id);
    return std::move(found[0].site);
  }

  StatusOr<int64_t> LastChange() const override {
    FW_ASSIGN_OR_RETURN(const auto rows, database_->Read("SELECT last FROM site_changes"));
    return CounterOf(rows);
  }

  StatusOr<std::vector<SiteChange>> Changes(const SiteQuery& query, int64_t after, int limit) const override {
    return ChangesOf(database_->Read(
        Select(fmt::format("s.change > {} AND {} ORDER BY s.change LIMIT {}", after, ConditionOf(query), limit))));
  }

  void WaitForChange(int64_t after, std::chrono::milliseconds time) const override {
    const auto end = std::chrono::steady_clock::now() + time;
    std::unique_lock lock(mutex_);
    while (true) {
      const long seen = writes_;
      lock.unlock();
      // Another process may have written.
      const StatusOr<int64_t> last = LastChange();
      lock.lock();
      if (!last.ok() || *last > after) return;
      const auto until = std::min(end, std::chrono::steady_clock::now() + kPollTime);
      changed_.wait_until(lock, until, [&] { return writes_ != seen; });
      if (writes_ == seen && std::chrono::steady_clock::now() >= end) return;
    }
  }

 private:
  Status Put(DatabaseSession& session, const InventorySite& site, int64_t number) const {
    std::vector<std::string> names, values;
    for (const Column& column : kColumns) {
      names.emplace_back(column.name);
      if (const auto* text = std::get_if<std::string S::*>(&column.member)) {
        values.push_back(*text == &S::updated_at ? Database::Literal(UtcText(std::chrono::system_clock::now()))
                                                 : Database::Literal(site.*(*text)));
      } else if (const auto* real = std::get_if<double S::*>(&column.member)) {
        values.push_back(Database::Literal(site.*(*real)));
      } else {
        values.push_back(fmt::format("{}", site.*std::get<int S::*>(column.member)));
      }
    }
    const Extent extent = ExtentOf(site.outline);
    FW_RETURN_IF_ERROR(Delete(session, site.site_id, site.run_id));
    return session.Execute(fmt::format(
        "INSERT INTO sites ({}, provisional, change, west, south, east, north, geom) VALUES ({}, {}, {}, {}, {}, {}, "
        "{}, {})",
        fmt::join(names, ", "), fmt::join(values, ", "), site.provisional ? 1 : 0, number,
        Database::Literal(extent.west), Database::Literal(extent.south), Database::Literal(extent.east),
        Database::Literal(extent.north), database_->Literal(site.outline)));
  }

  /// Wakes those who wait in this process.
  Status Changed(Status written) const {
    const std::lock_guard lock(mutex_);
    ++writes_;
    changed_.notify_all();
    return written;
  }

  std::unique_ptr<Database> database_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable long writes_ = 0;
};

/// A GeoPackage is named by its path; a database by a file that holds its connection string.
StatusOr<std::string> PlaceOf(const std::string& uri) {
  if (uri.empty()) return Error(Fault::kBadOption, "no inventory is named; give the path of a GeoPackage");
  if (uri.ends_with(".gpkg")) return uri;
  FW_ASSIGN_OR_RETURN(std::string text, io::ReadText(uri));
  text = text.substr(0, text.find_first_of("\r\n"));
  if (text.starts_with("PG:")) return text;
  return Error(Fault::kBadOption,
               "'{}': neither a GeoPackage (*.gpkg) nor a file that begins with GDAL's connection string PG:...", uri);
}

}  // namespace

StatusOr<std::unique_ptr<SiteInventory>> OpenInventory(const std::string& uri) {
  FW_ASSIGN_OR_RETURN(const std::string place, PlaceOf(uri));
  FW_ASSIGN_OR_RETURN(auto database, Database::Open(place, TableLayout()));
  return std::make_unique<DatabaseInventory>(std::move(database));
}

}  // namespace fringewatch::results
