#include "services/results/app/product_folder.h"

#include <filesystem>

#include "common/io/copy_tree.h"
#include "common/io/folder_replace.h"
#include "common/io/vsi.h"

namespace fringewatch::results {
namespace {

namespace fs = std::filesystem;

}  // namespace

StatusOr<std::unique_ptr<ProductFolder>> ProductFolder::Prepare(const std::string& target, FolderUse use) {
  const bool is_remote = io::IsVirtualPath(target);
  if (!is_remote && use == FolderUse::kShared) {
    return std::unique_ptr<ProductFolder>(new ProductFolder(Way::kInto, target, target));
  }
  const std::string beside = is_remote ? (fs::temp_directory_path() / "fringewatch-products").string() : target;
  FW_ASSIGN_OR_RETURN(std::string path, io::MakeSiblingFolder(beside));
  return std::unique_ptr<ProductFolder>(
      new ProductFolder(is_remote ? Way::kCopy : Way::kExchange, target, std::move(path)));
}

ProductFolder::~ProductFolder() {
  std::error_code ignored;
  if (way_ != Way::kInto && !path_.empty()) fs::remove_all(path_, ignored);
}

Status ProductFolder::Place() {
  switch (way_) {
    case Way::kExchange: return io::ReplaceFolder(path_, target_);
    case Way::kCopy: return io::CopyTree(path_, target_, "manifest.json");
    default: return {};
  }
}

}  // namespace fringewatch::results
