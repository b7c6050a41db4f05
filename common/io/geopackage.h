/// Layers of polygons with typed fields, as GeoPackage: inventories of sites, true or found.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/base/status.h"
#include "common/raster/grid.h"
#include "common/stack/site.h"

namespace fringewatch::io {

enum class FieldType { kText, kInteger, kReal };

struct Field {
  std::string name;
  FieldType type = FieldType::kText;
};

/// Empty (monostate or a NaN double) is stored as NULL; NULL is read as monostate.
using FieldValue = std::variant<std::monostate, std::string, int64_t, double>;

/// One polygon without holes; `values` in the order of the layer's fields.
struct PolygonFeature {
  PixelRing outline;  ///< pixels of the grid, first point not repeated
  std::vector<FieldValue> values;
};

struct PolygonLayer {
  std::string name;
  std::vector<Field> fields;
  std::vector<PolygonFeature> features;

  /// Index of a field, -1 when there is none.
  [[nodiscard]] int FieldIndex(std::string_view field) const;
  /// A value as text or as number; "" or NaN when the field or the value is missing or of another type.
  [[nodiscard]] std::string Text(const PolygonFeature& feature, std::string_view field) const;
  [[nodiscard]] double Number(const PolygonFeature& feature, std::string_view field) const;
};

/// Writes one layer to a new file; pixel corners become map coordinates of `grid` (undefined Cartesian reference when
/// it has no CRS). Features keep their order. Byte-identical for the same content: no clock is written. Written
/// beside and renamed. \error kNotWritable with the file and the reason.
[[nodiscard]] Status WriteGeoPackage(const std::string& path, const PolygonLayer& layer, const Grid& grid);

/// Reads a layer back; map coordinates become pixels of `grid` (its CRS must be the layer's). Of a multipolygon the
/// largest part is taken, holes are dropped. \error kNotReadable with the file, the layer and the layers there are.
[[nodiscard]] StatusOr<PolygonLayer> ReadGeoPackage(const std::string& path, const std::string& layer_name,
                                                    const Grid& grid);

}  // namespace fringewatch::io
