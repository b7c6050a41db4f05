#include "common/io/vsi.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_vsi.h>
#include <cpl_vsi_error.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>

#include "common/io/dataset.h"

namespace fringewatch::io {
namespace {

constexpr size_t kPieceBytes = size_t{8} << 20;
constexpr std::array<std::string_view, 5> kStores = {"/vsis3/", "/vsigs/", "/vsiaz/", "/vsioss/", "/vsimem/"};

// Retries and time limits of one operation, unless the environment says otherwise. They hold for this thread only, so
// that the reading of rasters keeps GDAL's own settings. A store that is gone is noticed in seconds; an upload that
// moves may take as long as it takes.
class ObjectStoreOptions {
  CPLConfigOptionSetter no_readdir_{"GDAL_DISABLE_READDIR_ON_OPEN", "TRUE", false};  // its lists are remembered
  CPLConfigOptionSetter retries_{"GDAL_HTTP_MAX_RETRY", "4", true};
  CPLConfigOptionSetter delay_s_{"GDAL_HTTP_RETRY_DELAY", "0.2", true};
  CPLConfigOptionSetter connect_s_{"GDAL_HTTP_CONNECTTIMEOUT", "10", true};
  CPLConfigOptionSetter stall_s_{"GDAL_HTTP_LOW_SPEED_TIME", "30", true};
  CPLConfigOptionSetter stall_bytes_per_s_{"GDAL_HTTP_LOW_SPEED_LIMIT", "1", true};
};

struct CloseFile {
  void operator()(VSILFILE* file) const { VSIFCloseL(file); }
};
using FilePtr = std::unique_ptr<VSILFILE, CloseFile>;

struct CloseListing {
  void operator()(VSIDIR* listing) const { VSICloseDir(listing); }
};

void Begin() {
  PrepareGdal();
  CPLErrorReset();
  VSIErrorReset();
}

std::string Reason() {
  const std::string message = VSIGetLastErrorMsg();
  return message.empty() ? LastGdalError() : message;
}

enum class Failure { kAbsent, kRefused, kAway };

Failure FailureOf(const std::string& reason) {
  switch (VSIGetLastErrorNo()) {
    case VSIE_AWSObjectNotFound: return Failure::kAbsent;
    case VSIE_AWSAccessDenied:
    case VSIE_AWSBucketNotFound:
    case VSIE_AWSInvalidCredentials:
    case VSIE_AWSSignatureDoesNotMatch: return Failure::kRefused;
    default: break;
  }
  const auto code = [&](std::string_view http) { return reason.find(http) != std::string::npos; };
  if (code("response code: 404")) return Failure::kAbsent;
  if (code("response code: 400") || code("response code: 401") || code("response code: 403")) return Failure::kRefused;
  return Failure::kAway;
}

Status CannotRead(const std::string& path) {
  const std::string reason = Reason();
  switch (FailureOf(reason)) {
    case Failure::kAbsent: return Error(Fault::kNotReadable, "{}: no such object", path);
    case Failure::kRefused:
      return Error(Fault::kNotReadable, "{}: {}; check the bucket, the credentials and their rights", path, reason);
    case Failure::kAway: break;
  }
  return Error(Fault::kServiceAway, "{}: the object store does not answer ({})", path, reason);
}

Status CannotWrite(const std::string& path) {
  const std::string reason = Reason();
  if (FailureOf(reason) == Failure::kAway) {
    return Error(Fault::kServiceAway, "{}: cannot be written, the object store does not answer ({})", path, reason);
  }
  return Error(Fault::kNotWritable, "{}: {}; check the bucket, the credentials and their rights", path, reason);
}

// None when there is no such file.
StatusOr<FilePtr> OpenForReading(const std::string& path) {
  Begin();
  // Another process may have written it since GDAL looked last.
  VSICurlPartialClearCache(path.c_str());
  FilePtr file(VSIFOpenExL(path.c_str(), "rb", TRUE));
  if (file) return file;
  if (path.starts_with("/vsimem/") || FailureOf(Reason()) == Failure::kAbsent) return FilePtr();
  return CannotRead(path);
}

// Writes what `next` gives, piece by piece, until a piece is empty. The object appears when the last piece is in.
template <typename Next>
Status Write(const std::string& path, Next&& next) {
  Begin();
  FilePtr file(VSIFOpenExL(path.c_str(), "wb", TRUE));
  if (!file) return CannotWrite(path);
  for (std::string_view piece = next(); !piece.empty(); piece = next()) {
    if (VSIFWriteL(piece.data(), 1, piece.size(), file.get()) != piece.size()) return CannotWrite(path);
  }
  if (VSIFCloseL(file.release()) != 0) return CannotWrite(path);
  return {};
}

}  // namespace

bool IsObjectStore(std::string_view path) {
  return std::any_of(kStores.begin(), kStores.end(),
                     [&](std::string_view store) { return path.starts_with(store) && path.size() > store.size(); });
}

StatusOr<std::string> ReadObject(const std::string& path) {
  const ObjectStoreOptions options;
  FW_ASSIGN_OR_RETURN(const FilePtr file, OpenForReading(path));
  if (!file) return Error(Fault::kNotReadable, "{}: no such object", path);
  VSIFSeekL(file.get(), 0, SEEK_END);
  std::string content(VSIFTellL(file.get()), '\0');
  VSIFSeekL(file.get(), 0, SEEK_SET);
  // Objects are written whole: one that ends early was broken off on the way.
  if (VSIFReadL(content.data(), 1, content.size(), file.get()) != content.size()) {
    return Error(Fault::kServiceAway, "{}: reading {} bytes broke off ({})", path, content.size(), Reason());
  }
  return content;
}

Status WriteObject(const std::string& path, std::string_view header, std::string_view content) {
  const ObjectStoreOptions options;
  int part = 0;
  return Write(path, [&]() -> std::string_view {
    if (part == 0 && header.empty()) ++part;
    ++part;
    return part == 1 ? header : part == 2 ? content : std::string_view();
  });
}

Status UploadFile(const std::string& file, const std::string& path) {
  const ObjectStoreOptions options;
  std::ifstream local(file, std::ios::binary);
  if (!local) return Error(Fault::kNotReadable, "{}: cannot be opened", file);
  std::string piece(kPieceBytes, '\0');
  FW_RETURN_IF_ERROR(Write(path, [&]() -> std::string_view {
    local.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    return std::string_view(piece).substr(0, static_cast<size_t>(local.gcount()));
  }));
  if (local.bad()) return Error(Fault::kNotReadable, "{}: reading failed; {} is cut off", file, path);
  return {};
}

StatusOr<bool> ObjectExists(const std::string& path) {
  const ObjectStoreOptions options;
  FW_ASSIGN_OR_RETURN(const FilePtr file, OpenForReading(path));
  return file != nullptr;
}

StatusOr<std::vector<std::string>> ListObjects(const std::string& folder) {
  const ObjectStoreOptions options;
  Begin();
  VSICurlPartialClearCache(folder.c_str());
  constexpr int kAllLevels = -1;
  const char* const fresh[] = {"CACHE_ENTRIES=NO", nullptr};
  const std::unique_ptr<VSIDIR, CloseListing> listing(VSIOpenDir(folder.c_str(), kAllLevels, fresh));
  std::vector<std::string> names;
  if (!listing) {
    const std::string reason = Reason();
    if (VSIGetLastErrorNo() == VSIE_None && CPLGetLastErrorType() == CE_None) return names;  // nothing there yet
    if (FailureOf(reason) == Failure::kAbsent) return names;
    return CannotRead(folder);
  }
  while (const VSIDIREntry* entry = VSIGetNextDirEntry(listing.get())) {
    if (!VSI_ISDIR(entry->nMode)) names.emplace_back(entry->pszName);
  }
  // A listing that broke off must not pass for a short one.
  if (CPLGetLastErrorType() == CE_Failure) return CannotRead(folder);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace fringewatch::io
