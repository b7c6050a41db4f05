/// Folders and small text files, on the local disk or behind one of GDAL's virtual file systems.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace fringewatch::io {

[[nodiscard]] bool IsFolder(const std::string& path);
/// Bytes of a file; none when there is no such file.
[[nodiscard]] std::optional<uint64_t> FileSize(const std::string& path);
[[nodiscard]] inline bool FileExists(const std::string& path) { return FileSize(path).has_value(); }

/// Content of a text file of at most 16 MiB. \error kNotReadable
[[nodiscard]] StatusOr<std::string> ReadText(const std::string& path);

/// "folder/name".
[[nodiscard]] std::string JoinPath(std::string_view folder, std::string_view name);
/// Last component, whether or not the path ends in a slash.
[[nodiscard]] std::string BaseName(std::string_view path);
/// All but the last component; "." when there is none.
[[nodiscard]] std::string FolderOf(std::string_view path);

/// Lines "key<separator>value" with blanks trimmed on both; the first of a repeated key counts.
[[nodiscard]] std::map<std::string, std::string> KeyValues(std::string_view text, char separator);
/// Blank-separated words.
[[nodiscard]] std::vector<std::string> Words(std::string_view text);
/// The number at the start of `text` ("5.4e9 Hz"); none when there is none or it is not finite.
[[nodiscard]] std::optional<double> LeadingNumber(const std::string& text);
/// The leading number under `key`; none when there is no such key.
[[nodiscard]] std::optional<double> NumberOf(const std::map<std::string, std::string>& values, const std::string& key);

}  // namespace fringewatch::io
