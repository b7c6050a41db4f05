/// GDAL's virtual file systems: object stores under /vsis3/ and its like. What every use of them has in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace fringewatch::io {

/// Whether GDAL, not the local disk, holds this path ("/vsis3/bucket/x").
[[nodiscard]] inline bool IsVirtualPath(std::string_view path) { return path.starts_with("/vsi"); }

/// Whether files can be written below this path: /vsis3/, /vsigs/, /vsiaz/, /vsioss/, /vsimem/ with a bucket's name.
[[nodiscard]] bool IsObjectStore(std::string_view path);

/// A file's whole content, as it is now: nothing that GDAL remembers of earlier looks is trusted.
/// \error kNotReadable when it is absent; kForbidden when the store refuses to say (rights, no such bucket);
/// kServiceAway when it did not answer or broke off.
[[nodiscard]] StatusOr<std::string> ReadObject(const std::string& path);

/// Writes header and content as one object: whole or absent, also for other readers. Replaces what was there.
/// \error kNotWritable when it is refused; kServiceAway when the store did not answer.
[[nodiscard]] Status WriteObject(const std::string& path, std::string_view header, std::string_view content);

/// As WriteObject, from a file on the local disk, in pieces. \error and kNotReadable for the file
[[nodiscard]] Status UploadFile(const std::string& file, const std::string& path);

/// Absent already is well. \error kNotWritable when it is refused; kServiceAway when the store did not answer.
[[nodiscard]] Status RemoveObject(const std::string& path);

/// Whether there is a file at `path` now. \error kServiceAway, kForbidden
[[nodiscard]] StatusOr<bool> ObjectExists(const std::string& path);

/// Every file below `folder`, as paths relative to it, sorted. \error kServiceAway, kForbidden (also: no such bucket)
[[nodiscard]] StatusOr<std::vector<std::string>> ListObjects(const std::string& folder);

/// Whether `folder` can be listed now; it may be empty. \error kServiceAway, kForbidden (also: no such bucket)
[[nodiscard]] Status CheckReachable(const std::string& folder);

}  // namespace fringewatch::io
