#include "common/io/files.h"

#include <cpl_conv.h>
#include <cpl_vsi.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace fringewatch::io {
namespace {

constexpr uint64_t kMaxTextBytes = 16u << 20;

std::string Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kBlanks) - first + 1));
}

std::string_view WithoutSlash(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return path;
}

}  // namespace

bool IsFolder(const std::string& path) {
  VSIStatBufL stat;
  return VSIStatExL(path.c_str(), &stat, VSI_STAT_EXISTS_FLAG | VSI_STAT_NATURE_FLAG) == 0 && VSI_ISDIR(stat.st_mode);
}

std::optional<uint64_t> FileSize(const std::string& path) {
  VSIStatBufL stat;
  if (VSIStatL(path.c_str(), &stat) != 0 || VSI_ISDIR(stat.st_mode)) return std::nullopt;
  return static_cast<uint64_t>(stat.st_size);
}

StatusOr<std::string> ReadText(const std::string& path) {
  const auto size = FileSize(path);
  if (!size) return Error(Fault::kNotReadable, "{}: no such file", path);
  if (*size > kMaxTextBytes) return Error(Fault::kNotReadable, "{}: {} bytes is too long for a text file", path, *size);
  VSILFILE* file = VSIFOpenL(path.c_str(), "rb");
  if (file == nullptr) return Error(Fault::kNotReadable, "{}: cannot be opened", path);
  std::string text(*size, '\0');
  text.resize(VSIFReadL(text.data(), 1, text.size(), file));
  VSIFCloseL(file);
  return text;
}

std::string JoinPath(std::string_view folder, std::string_view name) {
  return fmt::format("{}{}{}", folder, folder.empty() || folder.back() == '/' ? "" : "/", name);
}

std::string BaseName(std::string_view path) {
  path = WithoutSlash(path);
  const size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

std::string FolderOf(std::string_view path) {
  path = WithoutSlash(path);
  if (const std::string base = BaseName(path); base == "." || base == "..") return JoinPath(path, "..");
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, std::max<size_t>(slash, 1)));
}

std::map<std::string, std::string> KeyValues(std::string_view text, char separator) {
  std::map<std::string, std::string> values;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const size_t cut = line.find(separator);
    if (cut == std::string::npos) continue;
    const std::string_view view = line;
    values.emplace(Trimmed(view.substr(0, cut)), Trimmed(view.substr(cut + 1)));
  }
  return values;
}

std::vector<std::string> Words(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::optional<double> LeadingNumber(const std::string& text) {
  char* end = nullptr;
  const double number = CPLStrtod(text.c_str(), &end);
  if (end == text.c_str() || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::optional<double> NumberOf(const std::map<std::string, std::string>& values, const std::string& key) {
  const auto found = values.find(key);
  return found == values.end() ? std::nullopt : LeadingNumber(found->second);
}

}  // namespace fringewatch::io
