/// HDF5 files held in memory: named datasets and string attributes, with reproducible bytes.
#pragma once

#include <hdf5.h>

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/raster/array.h"

namespace fringewatch::io {

/// The turn of one thread with HDF5: Debian's library is not thread-safe, whatever files the threads work on. The same
/// thread may take another turn within its own.
class Hdf5Turn {
 public:
  Hdf5Turn();

 private:
  std::unique_lock<std::recursive_mutex> lock_;
};

/// An HDF5 identifier that is closed when it goes out of scope.
class H5Handle {
 public:
  H5Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~H5Handle() {
    if (id_ >= 0) close_(id_);
  }
  H5Handle(H5Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  H5Handle(const H5Handle&) = delete;
  H5Handle& operator=(const H5Handle&) = delete;
  operator hid_t() const { return id_; }  // NOLINT: the C API takes the number
  [[nodiscard]] bool valid() const { return id_ >= 0; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// A new file in memory; while it lives, HDF5 is this thread's. A failed write is remembered and reported by Bytes().
class Hdf5Image {
 public:
  Hdf5Image();
  /// Writes a chunked, deflated dataset of the root group; `type` is the type in memory and in the file.
  void Write(const std::string& name, hid_t type, const std::vector<hsize_t>& shape, const void* values);
  void WriteRaster(const std::string& name, const Array2<float>& raster);  ///< nothing when empty
  void WriteStack(const std::string& name, const Array3<float>& stack);    ///< nothing when empty
  /// A string attribute of the root group.
  void WriteAttribute(const std::string& name, const std::string& value);
  /// The file's bytes. \error kInternal with the first dataset or attribute that failed.
  [[nodiscard]] StatusOr<std::string> Bytes();

 private:
  Hdf5Turn turn_;  // before the handles: they are closed within it
  H5Handle file_;
  std::string failed_;
};

/// A file read from bytes, which must outlive it; while it lives, HDF5 is this thread's. Lookups of what is not there
/// give empty values.
class Hdf5View {
 public:
  explicit Hdf5View(const std::string& bytes);
  [[nodiscard]] bool valid() const { return file_.valid(); }
  /// Shape of a dataset, empty when it does not exist.
  [[nodiscard]] std::vector<hsize_t> Shape(const std::string& name) const;
  [[nodiscard]] bool Read(const std::string& name, hid_t type, void* values) const;
  [[nodiscard]] Array2<float> Raster(const std::string& name) const;
  [[nodiscard]] Array3<float> Stack(const std::string& name) const;
  [[nodiscard]] std::string Attribute(const std::string& name) const;

 private:
  Hdf5Turn turn_;
  H5Handle file_;
};

/// Type of strings of `length` characters, padded with zeros.
[[nodiscard]] H5Handle FixedString(size_t length);

}  // namespace fringewatch::io
