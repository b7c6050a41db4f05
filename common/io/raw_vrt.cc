#include "common/io/raw_vrt.h"

#include <cpl_conv.h>
#include <cpl_string.h>
#include <gdal.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

namespace fringewatch::io {
namespace {

struct DestroyXml {
  void operator()(CPLXMLNode* node) const { CPLDestroyXMLNode(node); }
};
using XmlPtr = std::unique_ptr<CPLXMLNode, DestroyXml>;

constexpr std::array<const char*, 2> kOfRaster = {"SRS", "GeoTransform"};
constexpr std::array<const char*, 8> kOfBand = {"ByteOrder",   "ImageOffset", "PixelOffset", "LineOffset",
                                                "NoDataValue", "Offset",      "Scale",       "UnitType"};
// Above any file, and small enough that sums of products of them do not overflow.
constexpr uint64_t kMaxOffset = uint64_t{1} << 42;
constexpr uint64_t kMaxSide_px = 1'000'000;

uint64_t Unsigned(const CPLXMLNode& node, const char* key) {
  return std::strtoull(CPLGetXMLValue(&node, key, "0"), nullptr, 10);
}

void CopyTexts(const CPLXMLNode& from, CPLXMLNode* to, const auto& names) {
  for (const char* name : names) {
    if (const char* text = CPLGetXMLValue(&from, name, nullptr)) CPLCreateXMLElementAndValue(to, name, text);
  }
}

// Last byte of the band in the file; 0 = no possible layout.
uint64_t EndOf(const CPLXMLNode& band, uint64_t rows, uint64_t cols) {
  const GDALDataType type = GDALGetDataTypeByName(CPLGetXMLValue(&band, "dataType", ""));
  const uint64_t start = Unsigned(band, "ImageOffset"), line = Unsigned(band, "LineOffset"),
                 pixel = Unsigned(band, "PixelOffset");
  if (type == GDT_Unknown || std::max({start, line, pixel}) > kMaxOffset) return 0;
  return start + (rows - 1) * line + (cols - 1) * pixel + static_cast<uint64_t>(GDALGetDataTypeSizeBytes(type));
}

}  // namespace

std::optional<RasterSource> RawSourceOfVrt(const std::string& path, const CPLXMLNode& root, int band) {
  const uint64_t rows = Unsigned(root, "rasterYSize"), cols = Unsigned(root, "rasterXSize");
  if (rows == 0 || cols == 0 || std::max(rows, cols) > kMaxSide_px) return std::nullopt;
  RasterSource source{path, "", 0, band};
  const XmlPtr clean(CPLCreateXMLNode(nullptr, CXT_Element, "VRTDataset"));
  CPLAddXMLAttributeAndValue(clean.get(), "rasterXSize", std::to_string(cols).c_str());
  CPLAddXMLAttributeAndValue(clean.get(), "rasterYSize", std::to_string(rows).c_str());
  CopyTexts(root, clean.get(), kOfRaster);
  int bands = 0;
  for (const CPLXMLNode* node = root.psChild; node != nullptr; node = node->psNext) {
    if (node->eType != CXT_Element || !EQUAL(node->pszValue, "VRTRasterBand")) continue;
    const uint64_t end = EndOf(*node, rows, cols);
    if (CPLGetXMLNode(node, "SourceFilename") == nullptr || end == 0) return std::nullopt;
    source.raw_bytes = std::max(source.raw_bytes, end);
    CPLXMLNode* copy = CPLCreateXMLNode(clean.get(), CXT_Element, "VRTRasterBand");
    CPLAddXMLAttributeAndValue(copy, "dataType", CPLGetXMLValue(node, "dataType", ""));
    CPLAddXMLAttributeAndValue(copy, "band", std::to_string(++bands).c_str());
    CPLAddXMLAttributeAndValue(copy, "subClass", "VRTRawRasterBand");
    CPLXMLNode* file = CPLCreateXMLElementAndValue(copy, "SourceFilename", path.c_str());
    CPLAddXMLAttributeAndValue(file, "relativeToVRT", "0");
    CopyTexts(*node, copy, kOfBand);
  }
  if (bands == 0) return std::nullopt;
  char* text = CPLSerializeXMLTree(clean.get());
  source.vrt = text;
  CPLFree(text);
  return source;
}

}  // namespace fringewatch::io
