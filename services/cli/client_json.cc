#include "services/cli/client_json.h"

#include <google/protobuf/util/json_util.h>

#include <string>

namespace fringewatch::cli {

Status PrintJson(std::ostream& out, const google::protobuf::Message& message, JsonLayout layout) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  options.add_whitespace = layout == JsonLayout::kDocument;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!status.ok()) {
    return Error(Fault::kInternal, "the server's {} cannot be written as JSON: {}", message.GetTypeName(),
                 status.ToString());
  }
  json.erase(json.find_last_not_of('\n') + 1);
  out << json << '\n' << std::flush;
  return {};
}

}  // namespace fringewatch::cli
