// Raw files as GDAL virtual rasters that name nothing but the file.
#include <cpl_conv.h>
#include <cpl_string.h>

#include "common/io/dataset.h"

namespace fringewatch::io {
namespace {

const char* GdalName(RawType type) {
  switch (type) {
    case RawType::kFloat32: return "Float32";
    case RawType::kFloat64: return "Float64";
    case RawType::kComplex64: return "CFloat32";
    case RawType::kComplex128: return "CFloat64";
  }
  return "Float32";
}

uint64_t BytesOf(RawType type) { return type == RawType::kFloat32 ? 4 : type == RawType::kComplex128 ? 16 : 8; }

std::string XmlEscaped(const std::string& text) {
  char* escaped = CPLEscapeString(text.c_str(), -1, CPLES_XML);
  std::string result = escaped;
  CPLFree(escaped);
  return result;
}

}  // namespace

RasterSource RawSource(const std::string& path, const RawLayout& layout, int band) {
  using Interleave = RawLayout::Interleave;
  const uint64_t value = BytesOf(layout.type);
  const uint64_t bands = static_cast<uint64_t>(layout.bands), cols = static_cast<uint64_t>(layout.cols);
  const uint64_t plane = value * cols * static_cast<uint64_t>(layout.rows);
  const bool by_pixel = layout.interleave == Interleave::kPixel, by_band = layout.interleave == Interleave::kBand;
  const uint64_t next_band = by_pixel ? value : by_band ? plane : value * cols;
  std::string vrt = fmt::format("<VRTDataset rasterXSize=\"{}\" rasterYSize=\"{}\">", layout.cols, layout.rows);
  for (uint64_t b = 0; b < bands; ++b) {
    vrt += fmt::format(
        "<VRTRasterBand dataType=\"{}\" band=\"{}\" subClass=\"VRTRawRasterBand\">"
        "<SourceFilename relativetoVRT=\"0\">{}</SourceFilename><ImageOffset>{}</ImageOffset>"
        "<PixelOffset>{}</PixelOffset><LineOffset>{}</LineOffset><ByteOrder>{}</ByteOrder></VRTRasterBand>",
        GdalName(layout.type), b + 1, XmlEscaped(path), b * next_band, by_pixel ? value * bands : value,
        value * cols * (by_band ? 1 : bands), layout.big_endian ? "MSB" : "LSB");
  }
  return {path, vrt + "</VRTDataset>", plane * bands, band};
}

}  // namespace fringewatch::io
