#include "common/io/hdf5_memory.h"

#include <algorithm>

namespace fringewatch::io {
namespace {

constexpr size_t kGrowth_bytes = 1 << 20;

/// HDF5 prints every error unless told not to; we report them ourselves.
void SilenceHdf5() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

H5Handle CreateInMemory() {
  SilenceHdf5();
  const H5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access, kGrowth_bytes, false);
  return {H5Fcreate("image.h5", H5F_ACC_TRUNC, H5P_DEFAULT, access), H5Fclose};
}

H5Handle OpenInMemory(const std::string& bytes) {
  SilenceHdf5();
  const H5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access, kGrowth_bytes, false);
  H5Pset_file_image(access, const_cast<char*>(bytes.data()), bytes.size());  // copied by HDF5
  return {H5Fopen("image.h5", H5F_ACC_RDONLY, access), H5Fclose};
}

std::recursive_mutex& Hdf5Mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

}  // namespace

Hdf5Turn::Hdf5Turn() : lock_(Hdf5Mutex()) {}

H5Handle FixedString(size_t length) {
  H5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, std::max<size_t>(1, length));
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  return type;
}

Hdf5Image::Hdf5Image() : file_(CreateInMemory()) {
  if (!file_.valid()) failed_ = "the file";
}

void Hdf5Image::Write(const std::string& name, hid_t type, const std::vector<hsize_t>& shape, const void* values) {
  if (!failed_.empty()) return;
  const int rank = static_cast<int>(shape.size());
  std::vector<hsize_t> chunk = shape;
  for (int i = 0; i < rank; ++i) chunk[i] = rank == 3 && i == 0 ? 1 : std::min<hsize_t>(shape[i], 512);
  const H5Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(properties, false);
  H5Pset_chunk(properties, rank, chunk.data());
  H5Pset_shuffle(properties);
  H5Pset_deflate(properties, 4);
  const H5Handle space(H5Screate_simple(rank, shape.data(), nullptr), H5Sclose);
  const H5Handle dataset(H5Dcreate2(file_, name.c_str(), type, space, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
  if (!dataset.valid() || H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) failed_ = name;
}

void Hdf5Image::WriteRaster(const std::string& name, const Array2<float>& raster) {
  if (raster.empty()) return;
  Write(name, H5T_NATIVE_FLOAT, {static_cast<hsize_t>(raster.rows), static_cast<hsize_t>(raster.cols)},
        raster.values.data());
}

void Hdf5Image::WriteStack(const std::string& name, const Array3<float>& stack) {
  if (stack.empty()) return;
  Write(name, H5T_NATIVE_FLOAT,
        {static_cast<hsize_t>(stack.planes), static_cast<hsize_t>(stack.rows), static_cast<hsize_t>(stack.cols)},
        stack.values.data());
}

void Hdf5Image::WriteAttribute(const std::string& name, const std::string& value) {
  if (!failed_.empty()) return;
  const H5Handle type = FixedString(value.size());
  const H5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const H5Handle attribute(H5Acreate2(file_, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  if (!attribute.valid() || H5Awrite(attribute, type, value.c_str()) < 0) failed_ = "attribute " + name;
}

StatusOr<std::string> Hdf5Image::Bytes() {
  if (!failed_.empty()) return Error(Fault::kInternal, "HDF5 could not write {}", failed_);
  H5Fflush(file_, H5F_SCOPE_GLOBAL);
  const ssize_t size = H5Fget_file_image(file_, nullptr, 0);
  if (size <= 0) return Error(Fault::kInternal, "HDF5 gave no file image");
  std::string bytes(static_cast<size_t>(size), '\0');
  if (H5Fget_file_image(file_, bytes.data(), bytes.size()) < 0)
    return Error(Fault::kInternal, "HDF5 gave no file image");
  return bytes;
}

Hdf5View::Hdf5View(const std::string& bytes) : file_(OpenInMemory(bytes)) {}

std::vector<hsize_t> Hdf5View::Shape(const std::string& name) const {
  if (H5Lexists(file_, name.c_str(), H5P_DEFAULT) <= 0) return {};
  const H5Handle dataset(H5Dopen2(file_, name.c_str(), H5P_DEFAULT), H5Dclose);
  if (!dataset.valid()) return {};
  const H5Handle space(H5Dget_space(dataset), H5Sclose);
  std::vector<hsize_t> shape(static_cast<size_t>(std::max(0, H5Sget_simple_extent_ndims(space))));
  H5Sget_simple_extent_dims(space, shape.data(), nullptr);
  return shape;
}

bool Hdf5View::Read(const std::string& name, hid_t type, void* values) const {
  const H5Handle dataset(H5Dopen2(file_, name.c_str(), H5P_DEFAULT), H5Dclose);
  return dataset.valid() && H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
}

Array2<float> Hdf5View::Raster(const std::string& name) const {
  const std::vector<hsize_t> shape = Shape(name);
  if (shape.size() != 2) return {};
  Array2<float> raster(static_cast<int>(shape[0]), static_cast<int>(shape[1]));
  return Read(name, H5T_NATIVE_FLOAT, raster.values.data()) ? raster : Array2<float>();
}

Array3<float> Hdf5View::Stack(const std::string& name) const {
  const std::vector<hsize_t> shape = Shape(name);
  if (shape.size() != 3) return {};
  Array3<float> stack(static_cast<int>(shape[0]), static_cast<int>(shape[1]), static_cast<int>(shape[2]));
  return Read(name, H5T_NATIVE_FLOAT, stack.values.data()) ? stack : Array3<float>();
}

std::string Hdf5View::Attribute(const std::string& name) const {
  if (H5Aexists(file_, name.c_str()) <= 0) return {};
  const H5Handle attribute(H5Aopen(file_, name.c_str(), H5P_DEFAULT), H5Aclose);
  const H5Handle type(H5Aget_type(attribute), H5Tclose);
  if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) > 0) return {};
  std::string value(H5Tget_size(type), '\0');
  if (H5Aread(attribute, type, value.data()) < 0) return {};
  value.resize(std::min(value.size(), value.find_last_not_of('\0') + 1));
  return value;
}

}  // namespace fringewatch::io
