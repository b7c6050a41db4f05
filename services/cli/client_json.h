/// Messages of the API as JSON for programs: the names of the proto files, every field, one document.
#pragma once

#include <google/protobuf/message.h>

#include <ostream>

#include "common/base/status.h"

namespace fringewatch::cli {

/// Over several lines for lists, which people look at too; on one line for a stream of messages.
enum class JsonLayout { kDocument, kLine };

/// The canonical JSON of protobuf, with the field names of the proto files and with fields that hold their default:
/// 64-bit integers are strings, timestamps RFC 3339, NaN is "NaN".
/// \error kInternal when the message has no JSON form: a timestamp out of range.
[[nodiscard]] Status PrintJson(std::ostream& out, const google::protobuf::Message& message,
                               JsonLayout layout = JsonLayout::kDocument);

}  // namespace fringewatch::cli
