#include "common/io/geopackage.h"

#include <cpl_conv.h>
#include <cpl_string.h>
#include <gdal_priv.h>
#include <ogrsf_frmts.h>

#include <cmath>
#include <filesystem>
#include <memory>

#include "common/io/dataset.h"
#include "common/io/file_replace.h"

namespace fringewatch::io {
namespace {

/// While it lives, OGR writes this instant where it would write the current time.
class FixedClock {
 public:
  FixedClock() { CPLSetThreadLocalConfigOption("OGR_CURRENT_DATE", "2000-01-01T00:00:00.000Z"); }
  ~FixedClock() { CPLSetThreadLocalConfigOption("OGR_CURRENT_DATE", nullptr); }
  FixedClock(const FixedClock&) = delete;
  FixedClock& operator=(const FixedClock&) = delete;
};

OGRFieldType OgrTypeOf(FieldType type) {
  switch (type) {
    case FieldType::kInteger: return OFTInteger64;
    case FieldType::kReal: return OFTReal;
    default: return OFTString;
  }
}

void SetValue(OGRFeature& feature, int index, const FieldValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    feature.SetField(index, text->c_str());
  } else if (const auto* integer = std::get_if<int64_t>(&value)) {
    feature.SetField(index, static_cast<GIntBig>(*integer));
  } else if (const auto* real = std::get_if<double>(&value); real && !std::isnan(*real)) {
    feature.SetField(index, *real);
  } else {
    feature.SetFieldNull(index);
  }
}

FieldValue GetValue(const OGRFeature& feature, int index, FieldType type) {
  if (!feature.IsFieldSetAndNotNull(index)) return std::monostate();
  switch (type) {
    case FieldType::kInteger: return static_cast<int64_t>(feature.GetFieldAsInteger64(index));
    case FieldType::kReal: return feature.GetFieldAsDouble(index);
    default: return std::string(feature.GetFieldAsString(index));
  }
}

std::unique_ptr<OGRPolygon> ToMap(const PixelRing& outline, const Grid& grid) {
  OGRLinearRing ring;
  for (const PixelPoint& point : outline) ring.addPoint(grid.X(point.col), grid.Y(point.row));
  ring.closeRings();
  auto polygon = std::make_unique<OGRPolygon>();
  polygon->addRing(&ring);
  return polygon;
}

/// The outer ring of a polygon, or of the largest part of a multipolygon.
PixelRing ToPixels(const OGRGeometry* geometry, const Grid& grid) {
  const OGRPolygon* polygon = nullptr;
  if (geometry && wkbFlatten(geometry->getGeometryType()) == wkbPolygon) {
    polygon = geometry->toPolygon();
  } else if (geometry && wkbFlatten(geometry->getGeometryType()) == wkbMultiPolygon) {
    for (const OGRPolygon* part : *geometry->toMultiPolygon()) {
      if (!polygon || part->get_Area() > polygon->get_Area()) polygon = part;
    }
  }
  PixelRing outline;
  if (!polygon || !polygon->getExteriorRing()) return outline;
  const OGRLinearRing& ring = *polygon->getExteriorRing();
  for (int i = 0; i + 1 < ring.getNumPoints(); ++i) {
    outline.push_back({(ring.getX(i) - grid.x0) / grid.dx, (ring.getY(i) - grid.y0) / grid.dy});
  }
  return outline;
}

std::string LastReason() {
  const std::string reason = CPLGetLastErrorMsg();
  return reason.empty() ? "GDAL gave no reason" : reason;
}

Status FillLayer(GDALDataset& dataset, const PolygonLayer& layer, const Grid& grid) {
  OGRSpatialReference reference;
  reference.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  if (grid.crs_wkt.empty()) {
    reference.SetLocalCS("Undefined Cartesian SRS");
  } else if (reference.SetFromUserInput(grid.crs_wkt.c_str()) != OGRERR_NONE) {
    return Error(Fault::kInternal, "unreadable coordinate system: {}", grid.crs_wkt);
  }
  OGRLayer* target = dataset.CreateLayer(layer.name.c_str(), &reference, wkbPolygon, nullptr);
  if (!target) return Error(Fault::kInternal, "{}", LastReason());
  for (const Field& field : layer.fields) {
    OGRFieldDefn definition(field.name.c_str(), OgrTypeOf(field.type));
    if (target->CreateField(&definition) != OGRERR_NONE) return Error(Fault::kInternal, "{}", LastReason());
  }
  for (const PolygonFeature& feature : layer.features) {
    OGRFeature record(target->GetLayerDefn());
    for (size_t i = 0; i < feature.values.size(); ++i) SetValue(record, static_cast<int>(i), feature.values[i]);
    record.SetGeometryDirectly(ToMap(feature.outline, grid).release());
    if (target->CreateFeature(&record) != OGRERR_NONE) return Error(Fault::kInternal, "{}", LastReason());
  }
  return {};
}

}  // namespace

int PolygonLayer::FieldIndex(std::string_view field) const {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == field) return static_cast<int>(i);
  }
  return -1;
}

std::string PolygonLayer::Text(const PolygonFeature& feature, std::string_view field) const {
  const int index = FieldIndex(field);
  if (index < 0) return {};
  const auto* text = std::get_if<std::string>(&feature.values[index]);
  return text ? *text : std::string();
}

double PolygonLayer::Number(const PolygonFeature& feature, std::string_view field) const {
  const int index = FieldIndex(field);
  if (index < 0) return std::nan("");
  if (const auto* integer = std::get_if<int64_t>(&feature.values[index])) return static_cast<double>(*integer);
  const auto* real = std::get_if<double>(&feature.values[index]);
  return real ? *real : std::nan("");
}

Status WriteGeoPackage(const std::string& path, const PolygonLayer& layer, const Grid& grid) {
  PrepareGdal();
  CPLErrorReset();
  const FixedClock clock;
  const std::string partial = PartialName(path);
  std::error_code ignored;
  std::filesystem::remove(partial, ignored);
  GDALDriver* driver = GetGDALDriverManager()->GetDriverByName("GPKG");
  GDALDatasetUniquePtr dataset(driver->Create(partial.c_str(), 0, 0, 0, GDT_Unknown, nullptr));
  if (!dataset) return NotWritable(path, LastReason());
  dataset->StartTransaction();
  Status filled = FillLayer(*dataset, layer, grid);
  if (filled.ok() && dataset->CommitTransaction() != OGRERR_NONE) filled = Error(Fault::kInternal, "{}", LastReason());
  CPLErrorReset();
  dataset.reset();
  if (filled.ok() && CPLGetLastErrorType() >= CE_Failure) filled = Error(Fault::kInternal, "{}", LastReason());
  if (filled.ok()) return Publish(partial, path);
  std::filesystem::remove(partial, ignored);
  return NotWritable(path, MessageOf(filled));
}

StatusOr<PolygonLayer> ReadGeoPackage(const std::string& path, const std::string& layer_name, const Grid& grid) {
  PrepareGdal();
  CPLErrorReset();
  const GDALDatasetUniquePtr dataset(GDALDataset::Open(path.c_str(), GDAL_OF_VECTOR | GDAL_OF_READONLY));
  if (!dataset) return Error(Fault::kNotReadable, "{}: {}", path, LastReason());
  OGRLayer* source = dataset->GetLayerByName(layer_name.c_str());
  if (!source) {
    std::vector<std::string> present;
    for (OGRLayer* layer : dataset->GetLayers()) present.emplace_back(layer->GetName());
    return Error(Fault::kNotReadable, "{}: no layer '{}'; it has: {}", path, layer_name, fmt::join(present, ", "));
  }
  PolygonLayer result;
  result.name = layer_name;
  OGRFeatureDefn* definition = source->GetLayerDefn();
  for (int i = 0; i < definition->GetFieldCount(); ++i) {
    const OGRFieldDefn* field = definition->GetFieldDefn(i);
    const OGRFieldType type = field->GetType();
    result.fields.push_back({field->GetNameRef(), type == OFTInteger || type == OFTInteger64 ? FieldType::kInteger
                                                  : type == OFTReal                          ? FieldType::kReal
                                                                                             : FieldType::kText});
  }
  CPLErrorReset();
  for (const auto& feature : *source) {
    PolygonFeature read{ToPixels(feature->GetGeometryRef(), grid), {}};
    for (size_t i = 0; i < result.fields.size(); ++i) {
      read.values.push_back(GetValue(*feature, static_cast<int>(i), result.fields[i].type));
    }
    result.features.push_back(std::move(read));
  }
  if (CPLGetLastErrorType() >= CE_Failure) return Error(Fault::kNotReadable, "{}: {}", path, LastReason());
  return result;
}

}  // namespace fringewatch::io
