/// Text that may travel in messages.
#pragma once

#include <cstddef>
#include <string>

namespace fringewatch::wire {

/// Text for a proto3 string field, which must be UTF-8: other bytes (of file names) become U+FFFD; what exceeds
/// `longest` bytes is cut, and says so.
[[nodiscard]] std::string MessageText(const std::string& bytes, size_t longest = 4096);

}  // namespace fringewatch::wire
