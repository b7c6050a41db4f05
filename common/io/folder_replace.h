/// Whole folders or none: a folder is written under another name, then takes its place at once.
#pragma once

#include <string>

#include "common/base/status.h"

namespace fringewatch::io {

/// A new, empty folder beside `path`, its name hidden and unique on this machine and among those that share the disk.
/// Folders that earlier processes left there half written are removed when they are a day old. \error kNotWritable
[[nodiscard]] StatusOr<std::string> MakeSiblingFolder(const std::string& path);

/// Puts `folder` (complete, on the same file system) in the place of `path`, which need not exist; what was there is
/// removed. Who opens `path` meanwhile sees the old folder or the new one, each whole. The files are on the disk
/// before they are seen. \error kNotWritable; `folder` is left where it is then.
[[nodiscard]] Status ReplaceFolder(const std::string& folder, const std::string& path);

}  // namespace fringewatch::io
