/// A layer of polygons in a database that many processes read and write: a GeoPackage file or PostGIS, through OGR.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/io/geopackage.h"
#include "common/io/wgs84.h"

class GDALDataset;

namespace fringewatch::io {

/// A row of an answer: its columns in the order asked for, without the geometry, and the outer ring of that.
struct DatabaseRow {
  std::vector<FieldValue> values;
  std::vector<LonLat> ring;  ///< first point not repeated; empty when NULL or not asked for
};

/// One connection, lent for one transaction. SQL that SQLite and PostgreSQL both know.
class DatabaseSession {
 public:
  virtual ~DatabaseSession() = default;
  [[nodiscard]] virtual Status Execute(const std::string& sql) = 0;
  [[nodiscard]] virtual StatusOr<std::vector<DatabaseRow>> Query(const std::string& sql) = 0;
};

/// Thread-safe, process-safe. Errors: kServiceAway when the database is away, or busy for longer than 5 s;
/// kNotWritable or kNotReadable when it refuses a statement. No message shows the connection string.
class VectorDatabase {
 public:
  /// What is made when it is not there: the layer (WGS 84, geometry column `geom`), then `statements` (indexes, other
  /// tables; INT64 stands for the type of 64-bit integers, which the databases call by different names).
  struct Layout {
    std::string layer;
    std::vector<Field> fields;
    std::vector<std::string> statements;
  };
  /// `place`: path of a GeoPackage (kept in WAL mode, so readers and a writer do not wait for each other), or "PG:..."
  /// as GDAL has it. \error kBadOption for a file that is no GeoPackage or lacks the layer
  [[nodiscard]] static StatusOr<std::unique_ptr<VectorDatabase>> Open(const std::string& place, const Layout& layout);
  ~VectorDatabase();

  /// One transaction: everything that `body` did, or nothing. One at a time per process. A connection that broke is
  /// made anew and `body` runs again, so it must not keep state. Begin it with a statement that writes: SQLite then
  /// waits its turn.
  [[nodiscard]] Status Write(const std::function<Status(DatabaseSession&)>& body);
  /// One statement that reads. Any number at once.
  [[nodiscard]] StatusOr<std::vector<DatabaseRow>> Read(const std::string& sql) const;

  /// As SQL: 'it''s'; a number, NULL for NaN; a polygon, NULL for an empty ring.
  [[nodiscard]] static std::string Literal(std::string_view text);
  [[nodiscard]] static std::string Literal(double number);
  [[nodiscard]] std::string Literal(const std::vector<LonLat>& ring) const;

 private:
  class Session;
  explicit VectorDatabase(std::string place);
  [[nodiscard]] Status Prepare(const Layout& layout);
  [[nodiscard]] StatusOr<std::unique_ptr<Session>> Take() const;
  void GiveBack(std::unique_ptr<Session> session) const;

  const std::string place_;
  const bool is_postgis_;
  std::mutex writing_;
  mutable std::mutex mutex_;  // of idle_
  mutable std::vector<std::unique_ptr<Session>> idle_;
};

}  // namespace fringewatch::io
