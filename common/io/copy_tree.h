/// Products from where they were written to where they are kept.
#pragma once

#include <string>

#include "common/base/status.h"

namespace fringewatch::io {

/// Copies every file below the local `folder` to the same name below `target`, a local folder (made when missing) or a
/// place in an object store. Files that are there are replaced, each whole. `last` (a name relative to `folder`; empty
/// = none) is copied after all others: who sees it sees everything. Copying again is harmless.
/// \error kNotReadable, kNotWritable, kServiceAway
[[nodiscard]] Status CopyTree(const std::string& folder, const std::string& target, const std::string& last);

}  // namespace fringewatch::io
