#include "common/wire/message_text.h"

#include <nlohmann/json.hpp>

namespace fringewatch::wire {

std::string MessageText(const std::string& bytes, size_t longest) {
  using Json = nlohmann::json;
  // JSON is UTF-8, and its writer mends what is not.
  const Json text = Json::parse(Json(bytes.substr(0, longest)).dump(-1, ' ', false, Json::error_handler_t::replace));
  return text.get<std::string>() + (bytes.size() > longest ? " ... (cut)" : "");
}

}  // namespace fringewatch::wire
