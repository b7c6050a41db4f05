/// Page tokens: where a list goes on, opaque to clients, understood by every replica.
#pragma once

#include <string>
#include <vector>

#include "common/base/status.h"

namespace fringewatch::wire {

/// `list` names the list and its filters, so that a token of another list is recognised; `position`: of the last item
/// of the page.
[[nodiscard]] std::string MakePageToken(const std::string& list, const std::vector<std::string>& position);

/// The position in a token, of exactly `parts` texts; empty for an empty token: the first page. The token is the
/// client's: anybody can make one, so the texts may be anything.
/// \error kPageGone for a token that was not made for this list, or has other parts.
[[nodiscard]] StatusOr<std::vector<std::string>> ReadPageToken(const std::string& list, const std::string& token,
                                                               size_t parts);

/// Items per page: 50 when not given (0). \error kBadOption outside 1 to 1000.
[[nodiscard]] StatusOr<size_t> PageSize(int requested);

/// Bytes after which a page ends early: an answer stays below the 4 MiB of gRPC.
inline constexpr size_t kPageBytes = 3U << 20U;

}  // namespace fringewatch::wire
