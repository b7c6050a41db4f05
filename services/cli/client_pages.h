/// Paging: the whole list, or its first `limit` elements, as one answer.
#pragma once

#include <algorithm>
#include <string>

#include "services/cli/client_connection.h"

namespace fringewatch::cli {

/// Asks for page after page. `items(response)` is the repeated field. The answer holds every element, and of
/// the other fields what the last page says; its
/// next_page_token is empty unless `limit` (0 = none) cut the list.
/// \error those of the call; kInternal when the server repeats a page token
template <typename Stub, typename Request, typename Response, typename Items>
[[nodiscard]] StatusOr<Response> CallForAllPages(const Connection& connection,
                                                 Connection::Method<Stub, Request, Response> method, Request request,
                                                 int limit, const Items& items) {
  constexpr int kPage = 500;
  Response all;
  for (;;) {
    const int missing = limit > 0 ? limit - items(all)->size() : kPage;
    request.set_page_size(std::min(missing, kPage));
    FW_ASSIGN_OR_RETURN(Response page, connection.Call(method, request));
    all.MergeFrom(page);
    all.set_next_page_token(page.next_page_token());
    if (page.next_page_token().empty() || (limit > 0 && items(all)->size() >= limit)) return all;
    if (page.next_page_token() == request.page_token()) {
      return Error(Fault::kInternal, "the server answers with the same page again and again; please report this");
    }
    request.set_page_token(page.next_page_token());
  }
}

}  // namespace fringewatch::cli
