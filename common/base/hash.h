/// SHA-256 of bytes and files: names of tasks, artifacts, models and products.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace fringewatch {

/// Lower-case hexadecimal SHA-256 (64 characters).
[[nodiscard]] std::string Sha256(std::string_view bytes);

/// Lower-case hexadecimal SHA-1 (40 characters): only where another program asks for it, as Redis names scripts.
[[nodiscard]] std::string Sha1(std::string_view bytes);

/// SHA-256 of a file's content, read in blocks. \error kNotReadable
[[nodiscard]] StatusOr<std::string> Sha256File(const std::string& path);

}  // namespace fringewatch
