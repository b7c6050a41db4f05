/// JSON in, a value or an error out.
#pragma once

#include <string>

#include "common/base/status.h"

namespace fringewatch {

/// What `read` makes of the parsed `text`. `Json`: nlohmann::json, whose exceptions end here.
/// \error kInternal with `what` and the beginning of the text when it is not what its writer made.
template <typename Json, typename Read>
[[nodiscard]] auto DecodeJson(const std::string& text, const char* what, Read&& read)
    -> StatusOr<decltype(read(Json()))> {
  try {
    return read(Json::parse(text));
  } catch (const typename Json::exception& e) {
    return Error(Fault::kInternal, "{} cannot be decoded: {} in '{}'", what, e.what(), text.substr(0, 120));
  }
}

}  // namespace fringewatch
