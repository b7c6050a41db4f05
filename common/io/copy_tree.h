/// Products from where they were written to where they are kept.
#pragma once

#include <string>

#include "common/base/status.h"

namespace fringewatch::io {

/// Makes `target`, a local folder (made when missing) or a place in an object store, hold the files of the local
/// `folder` and no others. Files that are there are replaced, each whole. `last` (a name relative to `folder`; empty =
/// none) is away from before the first change until all files of `folder` are there: who sees it sees everything, also
/// when an earlier copy was broken off. Copying again is harmless.
/// \error kNotReadable, kNotWritable, kServiceAway
[[nodiscard]] Status CopyTree(const std::string& folder, const std::string& target, const std::string& last);

}  // namespace fringewatch::io
