/// Where the products of a run are written before they take their place.
#pragma once

#include <memory>
#include <string>

#include "common/base/status.h"

namespace fringewatch::results {

/// Whether the folder of a run holds nothing but its products.
enum class FolderUse { kOwn, kShared };

/// A killed publication leaves the old products, or none with a manifest; two at once, of equal content, leave one
/// whole folder.
///   kOwn         written beside it, then exchanged at once; what others put there goes away with the old products
///   kShared      written into it, the manifest removed first and written last: for one process that works alone and
///                keeps its artifacts there
///   /vsis3/...   written to a scratch folder, then copied, the manifest removed first and written last
class ProductFolder {
 public:
  /// \error kNotWritable
  [[nodiscard]] static StatusOr<std::unique_ptr<ProductFolder>> Prepare(const std::string& target, FolderUse use);
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
