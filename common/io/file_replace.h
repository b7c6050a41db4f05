/// Whole files or none: write under a temporary name beside the target, then rename.
#pragma once

#include <string>
#include <string_view>

#include "common/base/status.h"

namespace fringewatch::io {

/// Name beside `path` for the unfinished file, unique to this process. Keeps the extension, which GDAL looks at.
[[nodiscard]] std::string PartialName(const std::string& path);

/// Renames `partial` to `path` (replacing it). \error kNotWritable; `partial` is removed then.
[[nodiscard]] Status Publish(const std::string& partial, const std::string& path);

/// Writes `bytes` as a file, whole or not at all; makes the folder when missing. \error kNotWritable
[[nodiscard]] Status WriteWholeFile(const std::string& path, std::string_view bytes);

/// \error kNotReadable
[[nodiscard]] StatusOr<std::string> ReadWholeFile(const std::string& path);

/// kNotWritable with the file, the reason and the remedy.
[[nodiscard]] Status NotWritable(const std::string& path, std::string_view reason);

}  // namespace fringewatch::io
