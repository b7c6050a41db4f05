/// Where the products of a run are written before they take their place.
#pragma once

#include <memory>
#include <string>

#include "common/base/status.h"

namespace fringewatch::results {

/// A killed publication leaves the old products, or none with a manifest; two at once, of equal content, leave one
/// whole folder.
///   a folder of its own     written beside it, then exchanged at once
///   one with other things   written into it, the manifest removed first and written last (the one-process mode keeps
///                           its artifacts there, and works alone)
///   /vsis3/...              written to a scratch folder, then copied, the manifest last
class ProductFolder {
 public:
  /// \error kNotWritable
  [[nodiscard]] static StatusOr<std::unique_ptr<ProductFolder>> Prepare(const std::string& target);
  /// Removes what was written and not placed.
  ~ProductFolder();
  ProductFolder(const ProductFolder&) = delete;
  ProductFolder& operator=(const ProductFolder&) = delete;

  /// Write the products here.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// The products take their place. \error kNotWritable
  [[nodiscard]] Status Place();

 private:
  enum class Way { kExchange, kInto, kCopy };
  ProductFolder(Way way, std::string target, std::string path)
      : way_(way), target_(std::move(target)), path_(std::move(path)) {}
  Way way_;
  std::string target_;
  std::string path_;
};

}  // namespace fringewatch::results
