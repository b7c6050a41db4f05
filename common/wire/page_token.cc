#include "common/wire/page_token.h"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "common/base/hash.h"

namespace fringewatch::wire {
namespace {

using Json = nlohmann::json;

constexpr size_t kSealLength = 16;

std::string Seal(const std::string& list, const std::string& text) {
  return Sha256(list + "\n" + text).substr(0, kSealLength);
}

std::string Unhex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::strtol(hex.substr(i, 2).c_str(), nullptr, 16)));
  }
  return bytes;
}

bool IsListOfTexts(const Json& json) {
  if (!json.is_array()) return false;
  for (const Json& item : json) {
    if (!item.is_string()) return false;
  }
  return true;
}

}  // namespace

std::string MakePageToken(const std::string& list, const std::vector<std::string>& position) {
  const std::string text = Json(position).dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string token = Seal(list, text);
  for (const char c : text) token += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return token;
}

StatusOr<std::vector<std::string>> ReadPageToken(const std::string& list, const std::string& token, size_t parts) {
  if (token.empty()) return std::vector<std::string>();
  if (token.size() > kSealLength) {
    const std::string text = Unhex(token.substr(kSealLength));
    const Json position = Json::parse(text, nullptr, false);
    if (token.starts_with(Seal(list, text)) && IsListOfTexts(position) && position.size() == parts) {
      return position.get<std::vector<std::string>>();
    }
  }
  return Error(Fault::kPageGone, "page_token does not belong to this list and these filters; begin again without one");
}

StatusOr<size_t> PageSize(int requested) {
  if (requested == 0) return 50;
  if (requested >= 1 && requested <= 1000) return static_cast<size_t>(requested);
  return Error(Fault::kBadOption, "page_size: {} is not 1 to 1000 (0 = 50)", requested);
}

}  // namespace fringewatch::wire
