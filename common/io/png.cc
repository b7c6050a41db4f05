#include "common/io/png.h"

#include <cpl_vsi.h>
#include <gdal_priv.h>

#include <atomic>

#include "common/io/dataset.h"

namespace fringewatch::io {

StatusOr<std::string> EncodePng(const Array2<Rgba>& picture) {
  PrepareGdal();
  if (picture.empty()) return Error(Fault::kInternal, "a picture without pixels");
  GDALDriverManager* drivers = GetGDALDriverManager();
  const GDALDatasetUniquePtr pixels(
      drivers->GetDriverByName("MEM")->Create("", picture.cols, picture.rows, 4, GDT_Byte, nullptr));
  static_assert(sizeof(Rgba) == 4, "pixels are four bytes, interleaved");
  void* data = const_cast<Rgba*>(picture.values.data());  // only read from
  if (!pixels ||
      pixels->RasterIO(GF_Write, 0, 0, picture.cols, picture.rows, data, picture.cols, picture.rows, GDT_Byte, 4,
                       nullptr, 4, 4 * static_cast<GSpacing>(picture.cols), 1, nullptr) != CE_None) {
    return Error(Fault::kInternal, "a picture of {} x {} pixels: {}", picture.rows, picture.cols, CPLGetLastErrorMsg());
  }
  static std::atomic<int> serial{0};
  const std::string name = fmt::format("/vsimem/fringewatch_{}.png", serial++);
  GDALDatasetUniquePtr png(
      drivers->GetDriverByName("PNG")->CreateCopy(name.c_str(), pixels.get(), FALSE, nullptr, nullptr, nullptr));
  const bool written = png != nullptr;
  png.reset();
  vsi_l_offset size = 0;
  GByte* bytes = VSIGetMemFileBuffer(name.c_str(), &size, TRUE);
  if (!written || !bytes) {
    VSIFree(bytes);
    return Error(Fault::kInternal, "PNG of {} x {} pixels: {}", picture.rows, picture.cols, CPLGetLastErrorMsg());
  }
  std::string encoded(reinterpret_cast<const char*>(bytes), size);
  VSIFree(bytes);
  VSIUnlink((name + ".aux.xml").c_str());
  return encoded;
}

}  // namespace fringewatch::io
