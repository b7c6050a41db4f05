/// How an artifact lies in a file or an object: a header line with the SHA-256 of the content, then the content.
#pragma once

#include <string>
#include <string_view>

#include "common/base/status.h"

namespace fringewatch {

/// The line that goes before `content`.
[[nodiscard]] std::string ArtifactHeader(std::string_view content);

/// The content of a whole artifact. `where` names it in messages.
/// \error kChecksumMismatch when there is no header, or the content is not the one that was written.
[[nodiscard]] StatusOr<std::string> ArtifactContent(std::string artifact, std::string_view where);

}  // namespace fringewatch
