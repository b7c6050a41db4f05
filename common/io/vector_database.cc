#include "common/io/vector_database.h"

#include <gdal_priv.h>
#include <ogrsf_frmts.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "common/io/dataset.h"
#include "common/io/file_replace.h"
#include "common/io/folder_replace.h"

namespace fringewatch::io {
namespace {

namespace fs = std::filesystem;

constexpr int kAttempts = 3;
constexpr size_t kIdleSessions = 8;
/// Any number: it keeps two processes from making the tables at the same time.
constexpr long kSetupLock = 0x46575349;

/// What SQLite and libpq say when another try may succeed.
constexpr std::array kAwayWords = {"database is locked",
                                   "database table is locked",
                                   "server closed the connection",
                                   "terminating connection",
                                   "no connection to the server",
                                   "could not connect",
                                   "connection to server",
                                   "connection not open",
                                   "could not receive data",
                                   "connection has been closed",
                                   "starting up",
                                   "shutting down"};

bool IsPostgis(const std::string& place) { return place.starts_with("PG:"); }

/// The reason without the connection string, which may hold a password.
std::string Shown(std::string reason, const std::string& place) {
  if (!IsPostgis(place)) return reason;
  for (const std::string& secret : {place, place.substr(3)}) {
    for (size_t at = reason.find(secret); !secret.empty() && at != std::string::npos; at = reason.find(secret)) {
      reason.replace(at, secret.size(), "(connection string)");
    }
  }
  return reason;
}

std::string NameOf(const std::string& place) { return IsPostgis(place) ? "PostGIS" : place; }

Status DatabaseError(Fault fault, const std::string& place) {
  const std::string reason = Shown(LastGdalError(), place);
  for (const char* word : kAwayWords) {
    if (reason.find(word) != std::string::npos) fault = Fault::kServiceAway;
  }
  return Error(fault, "{}: {}", NameOf(place), reason);
}

FieldValue ValueOf(const OGRFeature& feature, int index) {
  if (!feature.IsFieldSetAndNotNull(index)) return std::monostate();
  switch (feature.GetFieldDefnRef(index)->GetType()) {
    case OFTInteger:
    case OFTInteger64: return static_cast<int64_t>(feature.GetFieldAsInteger64(index));
    case OFTReal: return feature.GetFieldAsDouble(index);
    default: return std::string(feature.GetFieldAsString(index));
  }
}

std::vector<LonLat> RingOf(const OGRGeometry* geometry) {
  std::vector<LonLat> points;
  if (geometry == nullptr || wkbFlatten(geometry->getGeometryType()) != wkbPolygon) return points;
  const OGRLinearRing* ring = geometry->toPolygon()->getExteriorRing();
  for (int i = 0; ring != nullptr && i + 1 < ring->getNumPoints(); ++i) {
    points.push_back({ring->getX(i), ring->getY(i)});
  }
  return points;
}

template <typename T>
void AppendBytes(std::string& bytes, T value) {
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  bytes.append(raw, sizeof(T));
}

/// Well-known binary of a polygon, little-endian.
std::string PolygonBytes(const std::vector<LonLat>& ring) {
  std::string bytes(1, '\1');
  AppendBytes<uint32_t>(bytes, 3);  // polygon
  AppendBytes<uint32_t>(bytes, 1);  // of one ring
  AppendBytes<uint32_t>(bytes, static_cast<uint32_t>(ring.size() + 1));
  for (size_t i = 0; i <= ring.size(); ++i) {
    AppendBytes(bytes, ring[i % ring.size()].lon);
    AppendBytes(bytes, ring[i % ring.size()].lat);
  }
  return bytes;
}

std::string Hexadecimal(const std::string& bytes) {
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

OGRFieldType OgrTypeOf(FieldType type) {
  return type == FieldType::kInteger ? OFTInteger64 : type == FieldType::kReal ? OFTReal : OFTString;
}

/// GDAL reads a GeoPackage's BIGINT as text.
std::string WithInt64As(const char* type, std::string sql) {
  constexpr std::string_view kInt64 = "INT64";
  if (const size_t at = sql.find(kInt64); at != std::string::npos) sql.replace(at, kInt64.size(), type);
  return sql;
}

const char* PostgresTypeOf(FieldType type) {
  // Text sorts by its bytes, as in SQLite, whatever the database's language.
  return type == FieldType::kInteger ? "BIGINT" : type == FieldType::kReal ? "DOUBLE PRECISION" : "TEXT COLLATE \"C\"";
}

}  // namespace

class VectorDatabase::Session final : public DatabaseSession {
 public:
  Session(GDALDatasetUniquePtr dataset, const std::string& place) : dataset_(std::move(dataset)), place_(place) {}

  static StatusOr<std::unique_ptr<Session>> Connect(const std::string& place) {
    PrepareGdal();
    CPLErrorReset();
    const char* const drivers[] = {IsPostgis(place) ? "PostgreSQL" : "GPKG", nullptr};
    GDALDatasetUniquePtr dataset(GDALDataset::Open(place.c_str(), GDAL_OF_VECTOR | GDAL_OF_UPDATE, drivers));
    if (!dataset) {
      return DatabaseError(IsPostgis(place) ? Fault::kServiceAway : Fault::kBadOption, place);
    }
    return std::make_unique<Session>(std::move(dataset), place);
  }

  Status Execute(const std::string& sql) override {
    CPLErrorReset();
    if (OGRLayer* result = dataset_->ExecuteSQL(sql.c_str(), nullptr, nullptr)) dataset_->ReleaseResultSet(result);
    return CPLGetLastErrorType() >= CE_Failure ? DatabaseError(Fault::kNotWritable, place_) : Status();
  }

  StatusOr<std::vector<DatabaseRow>> Query(const std::string& sql) override {
    CPLErrorReset();
    std::vector<DatabaseRow> rows;
    OGRLayer* result = dataset_->ExecuteSQL(sql.c_str(), nullptr, nullptr);
    if (result != nullptr) {
      for (const auto& feature : *result) {
        DatabaseRow row;
        for (int i = 0; i < feature->GetFieldCount(); ++i) row.values.push_back(ValueOf(*feature, i));
        row.ring = RingOf(feature->GetGeometryRef());
        rows.push_back(std::move(row));
      }
      dataset_->ReleaseResultSet(result);
    }
    if (CPLGetLastErrorType() >= CE_Failure) return DatabaseError(Fault::kNotReadable, place_);
    return rows;
  }

  Status Transaction(const std::function<Status(DatabaseSession&)>& body) {
    CPLErrorReset();
    if (dataset_->StartTransaction() != OGRERR_NONE) return DatabaseError(Fault::kNotWritable, place_);
    const Status done = body(*this);
    if (!done.ok()) {
      dataset_->RollbackTransaction();
      return done;
    }
    CPLErrorReset();
    return dataset_->CommitTransaction() == OGRERR_NONE ? Status() : DatabaseError(Fault::kNotWritable, place_);
  }

  GDALDataset& dataset() { return *dataset_; }

 private:
  GDALDatasetUniquePtr dataset_;
  const std::string& place_;
};

namespace {

/// The layer and the tables of a new GeoPackage.
Status FillGeoPackage(GDALDataset& dataset, const VectorDatabase::Layout& layout) {
  OGRSpatialReference wgs84;
  wgs84.importFromEPSG(4326);
  wgs84.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  // Without GDAL's spatial index: its triggers cost more than the extents that this project keeps in columns.
  char name[] = "GEOMETRY_NAME=geom", index[] = "SPATIAL_INDEX=NO";
  char* options[] = {name, index, nullptr};
  CPLErrorReset();
  OGRLayer* layer = dataset.CreateLayer(layout.layer.c_str(), &wgs84, wkbPolygon, options);
  if (layer == nullptr) return Error(Fault::kInternal, "{}", LastGdalError());
  for (const Field& field : layout.fields) {
    OGRFieldDefn definition(field.name.c_str(), OgrTypeOf(field.type));
    if (layer->CreateField(&definition) != OGRERR_NONE) return Error(Fault::kInternal, "{}", LastGdalError());
  }
  dataset.FlushCache(false);
  for (const std::string& sql : layout.statements) {
    dataset.ExecuteSQL(WithInt64As("INTEGER", sql).c_str(), nullptr, nullptr);
  }
  if (OGRLayer* mode = dataset.ExecuteSQL("PRAGMA journal_mode=WAL", nullptr, nullptr)) dataset.ReleaseResultSet(mode);
  return CPLGetLastErrorType() >= CE_Failure ? Error(Fault::kInternal, "{}", LastGdalError()) : Status();
}

/// Made under another name, then linked to its own: of two processes that do this at once, one wins.
Status MakeGeoPackage(const std::string& path, const VectorDatabase::Layout& layout) {
  PrepareGdal();
  FW_ASSIGN_OR_RETURN(const std::string workshop, MakeSiblingFolder(path));
  const std::string partial = workshop + "/new.gpkg";
  CPLErrorReset();
  GDALDatasetUniquePtr dataset(
      GetGDALDriverManager()->GetDriverByName("GPKG")->Create(partial.c_str(), 0, 0, 0, GDT_Unknown, nullptr));
  Status made = dataset ? FillGeoPackage(*dataset, layout) : Error(Fault::kInternal, "{}", LastGdalError());
  dataset.reset();
  if (made.ok() && ::link(partial.c_str(), path.c_str()) != 0 && errno != EEXIST) {
    made = Error(Fault::kInternal, "{}", std::strerror(errno));
  }
  std::error_code ignored;
  fs::remove_all(workshop, ignored);
  return made.ok() ? made : NotWritable(path, MessageOf(made));
}

Status MakePostgisTables(DatabaseSession& session, const VectorDatabase::Layout& layout) {
  // As a command: GDAL would not fetch the row of a SELECT that nobody reads.
  FW_RETURN_IF_ERROR(session.Execute(fmt::format("DO $$ BEGIN PERFORM pg_advisory_xact_lock({}); END $$", kSetupLock)));
  FW_ASSIGN_OR_RETURN(
      const auto present,
      session.Query(fmt::format("SELECT 1 AS present WHERE to_regclass('{}') IS NOT NULL", layout.layer)));
  if (!present.empty()) return {};
  std::string columns = "fid BIGSERIAL PRIMARY KEY";
  for (const Field& field : layout.fields) columns += fmt::format(", {} {}", field.name, PostgresTypeOf(field.type));
  FW_RETURN_IF_ERROR(
      session.Execute(fmt::format("CREATE TABLE {} ({}, geom geometry(Polygon, 4326))", layout.layer, columns)));
  for (const std::string& sql : layout.statements) FW_RETURN_IF_ERROR(session.Execute(WithInt64As("BIGINT", sql)));
  return {};
}

}  // namespace

VectorDatabase::VectorDatabase(std::string place) : place_(std::move(place)), is_postgis_(IsPostgis(place_)) {}
VectorDatabase::~VectorDatabase() = default;

StatusOr<std::unique_ptr<VectorDatabase>> VectorDatabase::Open(const std::string& place, const Layout& layout) {
  std::unique_ptr<VectorDatabase> database(new VectorDatabase(place));
  FW_RETURN_IF_ERROR(database->Prepare(layout));
  std::vector<std::string> names;
  for (const Field& field : layout.fields) names.push_back(field.name);
  const auto readable =
      database->Read(fmt::format("SELECT {}, geom FROM {} LIMIT 1", fmt::join(names, ", "), layout.layer));
  if (!readable.ok() && readable.status().code() != CodeOf(Fault::kServiceAway)) {
    return Error(Fault::kBadOption, "{}; it was made by something else or by another version: name a new one",
                 MessageOf(readable.status()));
  }
  FW_RETURN_IF_ERROR(readable.status());
  return database;
}

Status VectorDatabase::Prepare(const Layout& layout) {
  if (!is_postgis_) return fs::exists(place_) ? Status() : MakeGeoPackage(place_, layout);
  const Status made = Write([&](DatabaseSession& session) { return MakePostgisTables(session, layout); });
  if (made.ok() || made.code() == CodeOf(Fault::kServiceAway)) return made;
  return Annotate(made, "making the tables (the database needs `CREATE EXTENSION postgis`, the user CREATE rights)");
}

StatusOr<std::unique_ptr<VectorDatabase::Session>> VectorDatabase::Take() const {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto session = std::move(idle_.back());
      idle_.pop_back();
      return session;
    }
  }
  return Session::Connect(place_);
}

void VectorDatabase::GiveBack(std::unique_ptr<Session> session) const {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kIdleSessions) idle_.push_back(std::move(session));
}

Status VectorDatabase::Write(const std::function<Status(DatabaseSession&)>& body) {
  const std::lock_guard lock(writing_);
  Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    StatusOr<std::unique_ptr<Session>> session = Take();
    status = session.ok() ? (*session)->Transaction(body) : session.status();
    if (status.ok()) {
      GiveBack(*std::move(session));
      return status;
    }
    // A session that failed is not lent again. The others may be broken by the same.
    if (status.code() != CodeOf(Fault::kServiceAway)) return status;
    const std::lock_guard idle_lock(mutex_);
    idle_.clear();
  }
  return status;
}

StatusOr<std::vector<DatabaseRow>> VectorDatabase::Read(const std::string& sql) const {
  Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    StatusOr<std::unique_ptr<Session>> session = Take();
    if (session.ok()) {
      StatusOr<std::vector<DatabaseRow>> rows = (*session)->Query(sql);
      if (rows.ok()) {
        GiveBack(*std::move(session));
        return rows;
      }
      status = rows.status();
    } else {
      status = session.status();
    }
    if (status.code() != CodeOf(Fault::kServiceAway)) return status;
    const std::lock_guard idle_lock(mutex_);
    idle_.clear();
  }
  return status;
}

std::string VectorDatabase::Literal(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\0') continue;  // neither database has it in text
    quoted += c;
    if (c == '\'') quoted += c;
  }
  return quoted + "'";
}

std::string VectorDatabase::Literal(double number) {
  return std::isfinite(number) ? fmt::format("{}", number) : std::string("NULL");
}

std::string VectorDatabase::Literal(const std::vector<LonLat>& ring) const {
  if (ring.empty()) return "NULL";
  if (is_postgis_) return fmt::format("ST_GeomFromWKB(decode('{}', 'hex'), 4326)", Hexadecimal(PolygonBytes(ring)));
  std::string header("GP\0\1", 4);  // GeoPackage: version 0, little-endian, no envelope
  AppendBytes<int32_t>(header, 4326);
  return fmt::format("X'{}'", Hexadecimal(header + PolygonBytes(ring)));
}

}  // namespace fringewatch::io
