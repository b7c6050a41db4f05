#include "services/cli/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fringewatch::cli {
namespace {

/// Code points of UTF-8: every byte that does not continue one.
size_t WidthOf(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

void Table::Add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = Plain(cell);
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

void Table::Print(std::ostream& out) const {
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);
  std::vector<size_t> widths(columns_.size(), 0);
  const auto widen = [&widths](const std::vector<std::string>& cells) {
    for (size_t c = 0; c < cells.size(); ++c) widths[c] = std::max(widths[c], WidthOf(cells[c]));
  };
  widen(titles);
  for (const auto& row : rows_) widen(row);
  const auto print = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t c = 0; c < cells.size(); ++c) {
      const std::string padding(widths[c] - WidthOf(cells[c]), ' ');
      if (c > 0) line += "  ";
      line += columns_[c].right ? padding + cells[c] : cells[c] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  };
  print(titles);
  for (const auto& row : rows_) print(row);
}

std::string Plain(std::string_view text, LineEnds line_ends) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (byte == '\n' && line_ends == LineEnds::kKeep) {
      plain += '\n';
    } else if (byte == '\n' || byte == '\r' || byte == '\t') {
      plain += ' ';
    } else if (byte < 0x20 || byte == 0x7F) {
      plain += '?';
    } else if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {  // U+0080 to U+009F: the other control characters
      plain += '?';
      ++i;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::string NumberText(double value, int decimals) {
  return std::isnan(value) ? "-" : fmt::format("{:.{}f}", value, decimals);
}

std::string OrDash(std::string_view text) { return text.empty() ? "-" : std::string(text); }

std::string BytesText(double bytes) {
  constexpr const char* kUnits[] = {"kB", "MB", "GB", "TB", "PB"};
  if (bytes < 1000) return fmt::format("{:.0f} B", bytes);
  size_t unit = 0;
  for (bytes /= 1000; bytes >= 999.95 && unit + 1 < std::size(kUnits); ++unit) bytes /= 1000;
  return fmt::format("{:.1f} {}", bytes, kUnits[unit]);
}

}  // namespace fringewatch::cli
