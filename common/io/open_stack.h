/// Opens a stack of interferograms of any supported format. Metadata only; pixels are read by window later.
#pragma once

#include <memory>
#include <string>

#include "common/io/source_rules.h"
#include "common/stack/stack_reader.h"
#include "common/stack/stack_source.h"

namespace fringewatch::io {

/// Lists every file with its verdict (track().inputs), reconciles grids that differ by whole pixels, checks the
/// signs by closure. Problems that leave a usable stack are verdicts; the caller decides whether to go on.
/// `rules` hold for everything that is opened, now and when pixels are read; see confined_sources.h.
/// \error kFormatUnknown, kStackEmpty, kWavelengthMissing, kNotReadable, kBadOption, kPathForbidden: all problems at
/// once.
[[nodiscard]] StatusOr<std::unique_ptr<StackReader>> OpenStack(const StackSource& source,
                                                               const SourceRules& rules = {});

/// The stack of a StackReader::Layout, as it was accepted: nothing is listed, inspected or judged again, so a file that
/// was damaged since then is an error of the windows that need the damaged part, and of nothing else. `rules` hold as
/// above. \error kInternal when it is no layout.
[[nodiscard]] StatusOr<std::unique_ptr<StackReader>> ReopenStack(const std::string& layout,
                                                                 const SourceRules& rules = {});

}  // namespace fringewatch::io
