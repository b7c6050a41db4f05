#include "common/io/vsi.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_vsi.h>
#include <cpl_vsi_error.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <initializer_list>
#include <memory>
#include <thread>

#include "common/base/retry.h"
#include "common/io/dataset.h"

namespace fringewatch::io {
namespace {

constexpr size_t kPieceBytes = size_t{8} << 20;
constexpr std::array<std::string_view, 5> kStores = {"/vsis3/", "/vsigs/", "/vsiaz/", "/vsioss/", "/vsimem/"};

// Retries and time limits of one operation, unless the environment says otherwise. They hold for this thread only, so
// that the reading of rasters keeps GDAL's own settings. A store that is gone is noticed in seconds; an upload that
// moves may take as long as it takes.
class ObjectStoreOptions {
  // Another process may have written an object since GDAL looked last: nothing is remembered.
  CPLConfigOptionSetter no_folder_lists_{"GDAL_DISABLE_READDIR_ON_OPEN", "TRUE", false};
  CPLConfigOptionSetter no_memory_{"CPL_VSIL_CURL_NON_CACHED", "/vsis3/:/vsigs/:/vsiaz/:/vsioss/", false};
  CPLConfigOptionSetter retries_{"GDAL_HTTP_MAX_RETRY", "4", true};
  CPLConfigOptionSetter delay_s_{"GDAL_HTTP_RETRY_DELAY", "0.2", true};
  CPLConfigOptionSetter connect_s_{"GDAL_HTTP_CONNECTTIMEOUT", "10", true};
  CPLConfigOptionSetter stall_s_{"GDAL_HTTP_LOW_SPEED_TIME", "30", true};
  CPLConfigOptionSetter stall_bytes_per_s_{"GDAL_HTTP_LOW_SPEED_LIMIT", "1", true};
};

// What GDAL says of an object store only to those who debug it: the answers of the server. A listing that fails is
// otherwise an empty one. For this thread, as long as it lives.
class Answers {
 public:
  Answers() {
    CPLErrorReset();
    VSIErrorReset();
    CPLPushErrorHandlerEx(Hear, this);
  }
  ~Answers() { CPLPopErrorHandler(); }
  Answers(const Answers&) = delete;
  Answers& operator=(const Answers&) = delete;

  [[nodiscard]] bool any() const { return !heard_.empty(); }
  [[nodiscard]] std::string Reason() const {
    for (const std::string& reason : {std::string(VSIGetLastErrorMsg()), std::string(CPLGetLastErrorMsg()) + heard_}) {
      if (!reason.empty()) return reason.substr(0, kMaxReason);
    }
    return "no answer";
  }

 private:
  static constexpr size_t kMaxReason = 600;
  static void CPL_STDCALL Hear(CPLErr level, CPLErrorNum, const char* message) {
    const std::string_view text = message;
    const bool of_store =
        text.starts_with("S3:") || text.starts_with("GS:") || text.starts_with("AZURE:") || text.starts_with("OSS:");
    if (level == CE_Debug && of_store)
      static_cast<Answers*>(CPLGetErrorHandlerUserData())->heard_ = fmt::format(" {}", text);
  }
  CPLConfigOptionSetter debug_{"CPL_DEBUG", "S3,GS,AZURE,OSS", false};
  std::string heard_;
};

struct CloseFile {
  void operator()(VSILFILE* file) const { VSIFCloseL(file); }
};
using FilePtr = std::unique_ptr<VSILFILE, CloseFile>;

struct CloseListing {
  void operator()(VSIDIR* listing) const { VSICloseDir(listing); }
};
using ListingPtr = std::unique_ptr<VSIDIR, CloseListing>;

enum class Failure { kAbsent, kRefused, kAway };

Failure FailureOf(const std::string& reason) {
  const auto says = [&](std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return reason.find(word) != std::string::npos; });
  };
  const int code = VSIGetLastErrorNo();
  if (code == VSIE_AWSAccessDenied || code == VSIE_AWSBucketNotFound || code == VSIE_AWSInvalidCredentials ||
      code == VSIE_AWSSignatureDoesNotMatch ||
      says({"NoSuchBucket", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "response code: 400",
            "response code: 401", "response code: 403"})) {
    return Failure::kRefused;
  }
  return code == VSIE_AWSObjectNotFound || says({"NoSuchKey", "response code: 404"}) ? Failure::kAbsent
                                                                                     : Failure::kAway;
}

Status CannotRead(const std::string& path, const std::string& reason) {
  switch (FailureOf(reason)) {
    case Failure::kAbsent: return Error(Fault::kNotReadable, "{}: no such object", path);
    case Failure::kRefused:
      return Error(Fault::kForbidden, "{}: {}; check the bucket, the credentials and their rights", path, reason);
    case Failure::kAway: break;
  }
  return Error(Fault::kServiceAway, "{}: the object store does not answer ({})", path, reason);
}

Status CannotWrite(const std::string& path, const std::string& reason) {
  if (FailureOf(reason) == Failure::kAway) {
    return Error(Fault::kServiceAway, "{}: cannot be written, the object store does not answer ({})", path, reason);
  }
  return Error(Fault::kNotWritable, "{}: {}; check the bucket, the credentials and their rights", path, reason);
}

// None when there is no such file.
StatusOr<FilePtr> OpenForReading(const std::string& path) {
  PrepareGdal();
  const Answers answers;
  FilePtr file(VSIFOpenExL(path.c_str(), "rb", TRUE));
  if (file) return file;
  // Another thread of this process may have found it absent at this moment: then nothing is said.
  const bool silent = VSIGetLastErrorNo() == VSIE_None && CPLGetLastErrorType() == CE_None && !answers.any();
  if (silent || path.starts_with("/vsimem/") || FailureOf(answers.Reason()) == Failure::kAbsent) return FilePtr();
  return CannotRead(path, answers.Reason());
}

// The files below `folder`; with `first_page_only` just whether they can be listed.
StatusOr<std::vector<std::string>> ListOnce(const std::string& folder, bool first_page_only) {
  PrepareGdal();
  VSICurlPartialClearCache(folder.c_str());
  const Answers answers;
  constexpr int kAllLevels = -1;
  const char* const fresh[] = {"CACHE_ENTRIES=NO", nullptr};
  const ListingPtr listing(VSIOpenDir(folder.c_str(), kAllLevels, fresh));
  std::vector<std::string> names;
  const VSIDIREntry* entry = nullptr;
  while (listing && !first_page_only && (entry = VSIGetNextDirEntry(listing.get())) != nullptr) {
    if (!VSI_ISDIR(entry->nMode)) names.emplace_back(entry->pszName);
  }
  // No listing and no word: nothing is there. A page that failed must not pass for the last one.
  if (answers.any() || CPLGetLastErrorType() == CE_Failure) return CannotRead(folder, answers.Reason());
  std::sort(names.begin(), names.end());
  return names;
}

// GDAL does not repeat a listing that failed.
StatusOr<std::vector<std::string>> ListPatiently(const std::string& folder, bool first_page_only) {
  const ObjectStoreOptions options;
  constexpr int kAttempts = 4;
  std::chrono::milliseconds pause{100};
  for (int attempt = 1;; ++attempt) {
    StatusOr<std::vector<std::string>> names = ListOnce(folder, first_page_only);
    if (names.ok() || !IsRetryable(names.status()) || attempt == kAttempts) return names;
    std::this_thread::sleep_for(pause);
    pause *= 3;
  }
}

// Writes what `next` gives, piece by piece, until a piece is empty. The object appears when the last piece is in.
template <typename Next>
Status Write(const std::string& path, Next&& next) {
  PrepareGdal();
  // Listed are only folders that were made; stores on a network know none.
  if (path.starts_with("/vsimem/")) VSIMkdirRecursive(CPLGetPath(path.c_str()), 0755);
  const Answers answers;
  FilePtr file(VSIFOpenExL(path.c_str(), "wb", TRUE));
  if (!file) return CannotWrite(path, answers.Reason());
  for (std::string_view piece = next(); !piece.empty(); piece = next()) {
    if (VSIFWriteL(piece.data(), 1, piece.size(), file.get()) != piece.size()) {
      return CannotWrite(path, answers.Reason());
    }
  }
  if (VSIFCloseL(file.release()) != 0) return CannotWrite(path, answers.Reason());
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
  const Answers answers;
  // Objects are written whole: one that ends early was broken off on the way.
  if (VSIFReadL(content.data(), 1, content.size(), file.get()) != content.size()) {
    return Error(Fault::kServiceAway, "{}: reading {} bytes broke off ({})", path, content.size(), answers.Reason());
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

Status RemoveObject(const std::string& path) {
  const ObjectStoreOptions options;
  FW_ASSIGN_OR_RETURN(const bool exists, ObjectExists(path));
  if (!exists) return {};
  const Answers answers;
  if (VSIUnlink(path.c_str()) == 0) return {};
  const std::string reason = answers.Reason();
  FW_ASSIGN_OR_RETURN(const bool remains, ObjectExists(path));
  return remains ? CannotWrite(path, reason) : Status();
}

StatusOr<bool> ObjectExists(const std::string& path) {
  const ObjectStoreOptions options;
  FW_ASSIGN_OR_RETURN(const FilePtr file, OpenForReading(path));
  return file != nullptr;
}

StatusOr<std::vector<std::string>> ListObjects(const std::string& folder) { return ListPatiently(folder, false); }

Status CheckReachable(const std::string& folder) { return ListPatiently(folder, true).status(); }

}  // namespace fringewatch::io
